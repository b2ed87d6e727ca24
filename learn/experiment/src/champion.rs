//! `champion.json`: what runs from now on, with everything needed to score by it.
//!
//! The first key is the SHA-256 of the file as it is with zeros in place of that digest, so that a single
//! flipped bit is found when the file is read.

use std::path::Path;

use causal::{Fitted, Stored};
use choose::Model;
use serde::{Deserialize, Serialize};
use trees::Feature;

use crate::input::plan::ColumnPlan;
use crate::input::table::file_name;
use crate::manifest::digest;
use crate::output::json;
use crate::refused::{Refused, refuse};

pub const NAME: &str = "champion.json";

/// Version of the shape of [`Champion`].
const SHAPE: u32 = 1;

/// What stands before the digest in the file.
const OPENING: &str = "{\n  \"sha256\": \"";

/// Characters of a SHA-256.
const DIGEST: usize = 64;

/// Largest file that is read.
const MOST_BYTES: u64 = 1 << 30;

/// What runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Champion {
    sha256: String,
    shape: u32,
    /// Name of the competitor, as in `leaderboard.json`.
    pub name: String,
    pub title: String,
    /// Control first.
    pub arms: Vec<String>,
    /// Cost per row of each arm.
    pub costs: Vec<f64>,
    /// What one unit of cost counts in the policy: a row gets the arm with the largest effect less price
    /// times cost.
    pub price: f64,
    /// The arm that every row gets; only if the champion is no model.
    pub always: Option<String>,
    /// How the columns of a file become features.
    pub columns: Vec<ColumnPlan>,
    pub features: Vec<Cuts>,
    /// The trained competitor; it predicts the same, bit for bit, as when it was written.
    model: Stored,
}

/// Where a feature is cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cuts {
    name: String,
    cuts: Vec<i64>,
}

impl Champion {
    /// The champion as it is stored; none if it cannot be.
    pub fn of(
        model: &Model,
        arms: &[String],
        costs: &[f64],
        columns: &[ColumnPlan],
        features: &[Feature],
    ) -> Option<Self> {
        let cuts = |feature: &Feature| Cuts { name: feature.name.clone(), cuts: feature.cuts.clone() };
        let always = model.fitted.fixed_arm();
        Some(Self {
            sha256: "0".repeat(DIGEST),
            shape: SHAPE,
            name: model.entrant.name.clone(),
            title: model.entrant.title.clone(),
            arms: arms.to_vec(),
            costs: costs.to_vec(),
            price: model.price,
            always: always.and_then(|arm| arms.get(usize::from(arm))).cloned(),
            columns: columns.to_vec(),
            features: features.iter().map(cuts).collect(),
            model: model.fitted.stored()?,
        })
    }

    /// A model that was trained elsewhere, with its arms, control first, and their costs.
    pub fn imported(
        model: Stored,
        title: &str,
        (arms, costs): (&[String], &[f64]),
        columns: &[ColumnPlan],
        features: &[Feature],
    ) -> Self {
        let cuts = |feature: &Feature| Cuts { name: feature.name.clone(), cuts: feature.cuts.clone() };
        Self {
            sha256: "0".repeat(DIGEST),
            shape: SHAPE,
            name: "imported".to_owned(),
            title: title.to_owned(),
            arms: arms.to_vec(),
            costs: costs.to_vec(),
            price: 1.0,
            always: None,
            columns: columns.to_vec(),
            features: features.iter().map(cuts).collect(),
            model,
        }
    }

    /// The file.
    pub fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        let blank = String::from_utf8(json(&Self { sha256: "0".repeat(DIGEST), ..self.clone() })?)?;
        Ok(blank.replacen(&"0".repeat(DIGEST), &digest(blank.as_bytes()), 1).into_bytes())
    }

    /// Reads a file; also its bytes.
    ///
    /// # Errors
    ///
    /// Not to be read; not what was written; of another shape.
    pub fn read(path: &Path) -> Result<(Self, Vec<u8>), Refused> {
        let file = file_name(path);
        let unreadable =
            |error: std::io::Error| Refused(format!("{}: cannot be read: {error}", path.display()));
        if std::fs::metadata(path).map_err(unreadable)?.len() > MOST_BYTES {
            refuse!("{file}: is too large for a champion");
        }
        let text = std::fs::read(path).map_err(unreadable)?;
        let damaged = || {
            Refused(format!(
                "{file}: is damaged, or was changed after it was written; take the copy of the run that wrote it"
            ))
        };
        let text = String::from_utf8(text).map_err(|_| damaged())?;
        let (stated, rest) =
            text.strip_prefix(OPENING).and_then(|rest| rest.split_at_checked(DIGEST)).ok_or_else(damaged)?;
        let blank = format!("{OPENING}{}{rest}", "0".repeat(DIGEST));
        if digest(blank.as_bytes()) != stated {
            return Err(damaged());
        }
        let champion: Self =
            serde_json::from_str(&text).map_err(|error| Refused(format!("{file}: {error}")))?;
        if champion.shape != SHAPE {
            refuse!("{file}: has shape {}, and this program reads shape {SHAPE}", champion.shape);
        }
        Ok((champion, text.into_bytes()))
    }

    /// Its features, with their cuts.
    pub fn features(&self) -> Vec<Feature> {
        let feature = |cuts: &Cuts| Feature { name: cuts.name.clone(), cuts: cuts.cuts.clone() };
        self.features.iter().map(feature).collect()
    }

    /// The champion, ready to score rows with its [`features`](Self::features).
    ///
    /// # Errors
    ///
    /// Its parts do not belong together.
    pub fn restored(&self, file: &str) -> Result<Box<dyn Fitted>, Refused> {
        self.model.clone().fitted().map_err(|error| Refused(format!("{file}: {error}")))
    }
}
