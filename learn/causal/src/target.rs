//! Numbers scaled to the integers that trees are trained on.

use forest::Forest;
use serde::{Deserialize, Serialize};
use trees::{Bins, Trainer};

use crate::error::CausalError;
use crate::experiment::length;
use crate::numbers::{index, nearest, real};

/// Largest size of a scaled target: a fifth of what a trainer takes, and small enough for exact sums of
/// weighted residuals over all rows of an experiment.
const MOST: f64 = 2e8;

/// Scales from fine to coarse. The finest that keeps all targets within [`MOST`] is used: eight decimals
/// for numbers up to 2, and at least seven digits of the largest for all others.
const SCALES: [i64; 9] = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// A forest and its unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EffectForest {
    #[serde(with = "crate::store::forest_text")]
    pub forest: Forest,
    /// Units of a score in 1.0 of the outcome.
    pub scale: i64,
}

/// A target for each row of the bins; rows that are not trained on have 0.
pub(crate) struct Target {
    values: Vec<i32>,
    scale: i64,
}

impl Target {
    /// Target `values` for `rows`, in that order.
    pub(crate) fn new(bins: &Bins, rows: &[u32], values: &[f64]) -> Result<Self, CausalError> {
        length("the targets", values.len(), rows.len())?;
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if !values.iter().all(|value| value.is_finite()) {
            return Err(CausalError::NotFinite { what: "a training target" });
        }
        let scale =
            SCALES.into_iter().find(|scale| largest * real(*scale) <= MOST).ok_or(CausalError::Setting {
                what: "the largest training target",
                found: largest.to_string(),
                wanted: "at most 200,000,000: state the outcome in a larger unit",
            })?;
        let mut all = vec![0; bins.rows()];
        for (row, value) in rows.iter().zip(values) {
            let scaled =
                nearest(value * real(scale)).ok_or(CausalError::NotFinite { what: "a training target" })?;
            *all.get_mut(index(*row)).ok_or(CausalError::NoSuchRow { row: *row, rows: bins.rows() })? =
                scaled;
        }
        Ok(Self { values: all, scale })
    }

    /// Trains on some of the rows.
    pub(crate) fn fit(
        &self,
        trainer: &dyn Trainer,
        bins: &Bins,
        rows: &[u32],
        weight: Option<&[u32]>,
    ) -> Result<EffectForest, CausalError> {
        let forest = trainer.fit(bins, rows, &self.values, weight)?;
        Ok(EffectForest { forest, scale: self.scale })
    }
}

impl EffectForest {
    /// Predictions in units of the outcome, in the order of `rows`.
    pub fn predict(&self, bins: &Bins, rows: &[u32]) -> Vec<f64> {
        trees::predict(&self.forest, bins, rows).into_iter().map(|score| self.to_outcome(score)).collect()
    }

    /// A score in units of the outcome.
    pub(crate) fn to_outcome(&self, score: i64) -> f64 {
        real(score) / real(self.scale)
    }
}
