//! Weights of logged decisions, and whether they carry a value.

use super::error::{OffPolicyError, Refusal};
use super::{
    LEAST_EFFECTIVE_SAMPLE, Log, MEAN_WEIGHT_DISTANCE, MEAN_WEIGHT_ERRORS, MOST_CUT, MOST_WEIGHT, Target,
};
use crate::bootstrap::Interval;

/// One weight per row.
pub(super) struct Weights {
    /// Target probability over propensity.
    pub(super) full: Vec<f64>,
    /// The same, at most [`MOST_WEIGHT`].
    pub(super) cut: Vec<f64>,
}

impl Weights {
    pub(super) fn new(log: &Log, target: &Target) -> Self {
        let full: Vec<f64> = log
            .action
            .iter()
            .zip(&log.propensity)
            .enumerate()
            .map(|(row, (action, propensity))| target.probability(log, row, *action) / propensity)
            .collect();
        let cut = full.iter().map(|weight| weight.min(MOST_WEIGHT)).collect();
        Self { full, cut }
    }

    /// 0 if there is no weight at all.
    pub(super) fn effective_sample(&self) -> f64 {
        let (sum, squares) = self
            .full
            .iter()
            .fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }

    pub(super) fn largest(&self) -> f64 {
        self.full.iter().copied().fold(0.0, f64::max)
    }

    /// Share of all weight that is cut off; 0 if there is none.
    pub(super) fn cut_share(&self) -> f64 {
        let (full, cut): (f64, f64) = (self.full.iter().sum(), self.cut.iter().sum());
        if full > 0.0 { (full - cut) / full } else { 0.0 }
    }

    /// Whether a value may be given.
    pub(super) fn check(&self, log: &Log, target: &Target, mean: &Interval) -> Result<(), OffPolicyError> {
        let (effective, cut_share) = (self.effective_sample(), self.cut_share());
        if !(effective >= LEAST_EFFECTIVE_SAMPLE && cut_share <= MOST_CUT) {
            return Err(OffPolicyError::Refused(Box::new(self.refusal(log, target, effective, cut_share))));
        }
        let distance = (mean.estimate - 1.0).abs();
        if distance > MEAN_WEIGHT_DISTANCE && distance > MEAN_WEIGHT_ERRORS * mean.error {
            return Err(OffPolicyError::MeanWeight { mean: mean.estimate, error: mean.error });
        }
        Ok(())
    }

    fn refusal(&self, log: &Log, target: &Target, effective_sample: f64, cut_share: f64) -> Refusal {
        let largest = self.full.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        let (row, largest_weight) = largest.map_or((0, 0.0), |(row, weight)| (row, *weight));
        let propensity = log.propensity.get(row).copied().unwrap_or(1.0);
        let probabilities =
            log.action.iter().enumerate().map(|(row, action)| target.probability(log, row, *action));
        Refusal {
            rows: log.rows(),
            effective_sample,
            cut_share,
            largest_weight,
            row,
            action: log.name(row),
            propensity,
            most_probability: probabilities.fold(0.0, f64::max),
        }
    }
}
