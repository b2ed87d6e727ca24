//! A model for the till, as programs build it.

use forest::Forest;

use crate::table::{self, limit};
use crate::view::View;
use crate::{MAX_COST, MAX_LEVELS, MAX_TEXT, ModelError};

/// One level of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Scores what the level brings over nothing.
    pub forest: Forest,
    /// Score of an outcome of 1.
    pub scale: i64,
    /// What the level costs more than nothing, in millionths of the outcome.
    pub cost: i64,
}

/// What a model is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Of the mechanic.
    pub name: String,
    /// Of the mechanic: three numbers, as in `1.0.0`.
    pub version: String,
    /// The first is level 1.
    pub levels: Vec<Level>,
    /// The level of members of whom nothing is known; nothing if they get none.
    pub constant: Option<u8>,
}

/// A checked model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    parts: Parts,
    table: Vec<u8>,
}

impl Model {
    /// Checks the parts, and lays them out as a table. The same parts give the same bytes.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, or does not fit.
    pub fn new(parts: Parts) -> Result<Self, ModelError> {
        if !is_name(&parts.name) {
            return Err(ModelError::Name { name: parts.name });
        }
        if !is_version(&parts.version) {
            return Err(ModelError::Version { version: parts.version });
        }
        if parts.levels.is_empty() {
            return Err(ModelError::NoLevels);
        }
        limit("levels of a model", parts.levels.len(), MAX_LEVELS)?;
        if let Some(level) =
            parts.constant.filter(|level| *level == 0 || usize::from(*level) > parts.levels.len())
        {
            return Err(ModelError::Constant { level, levels: parts.levels.len() });
        }
        for (number, level) in (1..).zip(&parts.levels) {
            let refused = |problem| ModelError::Level { level: number, problem };
            if level.scale <= 0 {
                return Err(refused("what a score means is not above 0"));
            }
            if level.cost.checked_abs().is_none_or(|cost| cost > MAX_COST) {
                return Err(refused("its cost is larger than a billion outcomes"));
            }
        }
        let table = table::write(&parts)?;
        Ok(Self { parts, table })
    }

    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The bytes that the mechanic walks; [`View::new`] reads them.
    #[must_use]
    pub fn table(&self) -> &[u8] {
        &self.table
    }

    /// The same walk as in the mechanic.
    ///
    /// # Errors
    ///
    /// None: the table was written here.
    pub fn view(&self) -> Result<View<'_>, ModelError> {
        View::new(&self.table)
    }
}

/// As the host asks of mechanics.
fn is_name(name: &str) -> bool {
    let parts_are_plain = name.split('-').all(|part| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.len() <= MAX_TEXT && parts_are_plain
}

fn is_version(version: &str) -> bool {
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && (part == "0" || !part.starts_with('0'))
    };
    version.len() <= MAX_TEXT && version.split('.').count() == 3 && version.split('.').all(number)
}
