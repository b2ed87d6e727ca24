//! Which rows models are trained on, chosen on and reported on: 60, 20 and 20 of 100 members.

use causal::Experiment;
use causal::folds::fold;

use crate::verdict::{Part, Split};

/// Keeps this draw apart from those of folds, which use the seed as it is.
const SALT: u64 = 0x5350_4c49_5436_3232;

/// Row numbers of the three parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub fit: Vec<u32>,
    pub choose: Vec<u32>,
    pub report: Vec<u32>,
}

impl Parts {
    /// Draws the part of each member by a hash. All rows of a member are in one part.
    pub fn draw(experiment: &Experiment, seed: u64) -> Self {
        Self::of(&experiment.cluster, seed)
    }

    /// The same, of rows of which the hash of the member is known.
    pub fn of(members: &[u64], seed: u64) -> Self {
        let mut parts = Self::default();
        for (row, member) in (0_u32..).zip(members) {
            match fold(*member, seed ^ SALT, 5) {
                0 => parts.report.push(row),
                1 => parts.choose.push(row),
                _ => parts.fit.push(row),
            }
        }
        parts
    }

    /// How large the parts are.
    pub fn sizes(&self, experiment: &Experiment) -> Split {
        let part = |rows: &[u32]| Part { rows: number(rows.len()), members: members(experiment, rows) };
        Split { fit: part(&self.fit), choose: part(&self.choose), report: part(&self.report) }
    }
}

/// How many members these rows are of.
pub(crate) fn members(experiment: &Experiment, rows: &[u32]) -> u64 {
    let mut members: Vec<u64> =
        rows.iter().filter_map(|row| experiment.cluster.get(usize::try_from(*row).ok()?).copied()).collect();
    members.sort_unstable();
    members.dedup();
    number(members.len())
}

pub(crate) fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
