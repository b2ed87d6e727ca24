//! What a policy would have brought, from the log of another policy's decisions.
//!
//! Each row of the log is one decision: which action was drawn, with which probability (its *propensity*),
//! and what came of it. The *weight* of a row is the probability with which the target policy would have
//! taken the logged action, over its propensity. With weights `w`, outcomes `r` and `n` rows:
//!
//! - IPS, inverse propensity score (Horvitz, Thompson, JASA 1952): `Σ w r / n`.
//! - SNIPS, self-normalised (Swaminathan, Joachims, NIPS 2015): `Σ w r / Σ w`.
//! - DR, doubly robust (Dudík, Langford, Li, ICML 2011): the mean of `m + w (r − q)`, where a model predicts
//!   `q`, the outcome of the logged action, and `m`, the mean outcome of the target policy's actions.
//! - Effective sample (Kish, 1965): `(Σ w)² / Σ w²`; of so many rows of the target policy's own log one would
//!   learn as much.
//!
//! Standard errors are those of means over members: all rows of a member are one observation. That of SNIPS
//! is by its linearisation (delta method).
//!
//! No value is given from an effective sample below [`LEAST_EFFECTIVE_SAMPLE`]. No row counts with a weight
//! above [`MOST_WEIGHT`]: what is above is cut off (Ionides, Truncated Importance Sampling, 2008), which is
//! reported, and no value is given if more than [`MOST_CUT`] of all weight would go. The effective sample is
//! that of the weights before the cut. Nor is a value given if the weights do not average 1, as they must if
//! the propensities are true and the log has every action that the target policy takes.

mod error;
mod model;
mod weights;

use std::collections::BTreeMap;

use crate::bootstrap::{Interval, LEAST_CLUSTERS, Z_95};
use crate::experiment::length;
use crate::numbers::{count, real};

pub use error::{OffPolicyError, Refusal};
pub use model::{Model, predict};
use weights::Weights;

/// Fewest effective rows that a value is given from.
pub const LEAST_EFFECTIVE_SAMPLE: f64 = 500.0;

/// Largest weight with which a row counts.
pub const MOST_WEIGHT: f64 = 100.0;

/// Largest share of all weight that may be cut off.
pub const MOST_CUT: f64 = 0.02;

/// By how many of its standard errors, and by how much, the mean weight may differ from 1.
pub const MEAN_WEIGHT_ERRORS: f64 = 4.0;
pub const MEAN_WEIGHT_DISTANCE: f64 = 0.05;

/// Most actions, so that one of a row fits into a bin of a feature.
pub const MOST_ACTIONS: usize = 250;

/// Logged decisions. Every column has one entry per row.
#[derive(Clone, Debug)]
pub struct Log {
    /// The action that was drawn, as a position in `actions`.
    pub action: Vec<u8>,
    /// Names of all actions.
    pub actions: Vec<String>,
    /// Outcome of each decision, in units of `1 / scale`.
    pub outcome: Vec<i32>,
    /// Units of `outcome` in 1.0; above 0.
    pub scale: i64,
    /// The probability with which the logged action was drawn; above 0, at most 1.
    pub propensity: Vec<f64>,
    /// Hash of the member of each decision.
    pub cluster: Vec<u64>,
}

/// The policy whose value is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Every action with the same probability.
    Uniform,
    /// Always this action.
    Always(u8),
    /// For each row the action it takes.
    Chosen(Vec<u8>),
    /// For each row the probability with which it takes the logged action. What it does instead is not known,
    /// so there is no doubly robust value.
    Probability(Vec<f64>),
}

/// What the target policy is worth, in outcome per decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub rows: usize,
    pub members: usize,
    /// Rows whose action the target policy may take.
    pub matched: usize,
    /// Before weights are cut.
    pub effective_sample: f64,
    /// Before weights are cut.
    pub largest_weight: f64,
    /// Before weights are cut; 1 if the propensities are true.
    pub mean_weight: Interval,
    /// Rows whose weight was cut to [`MOST_WEIGHT`].
    pub cut_rows: usize,
    /// Share of all weight that was cut off.
    pub cut_share: f64,
    /// Mean outcome of the log: the value of the policy that made it.
    pub logged: Interval,
    pub ips: Interval,
    pub snips: Interval,
    /// None without a model.
    pub doubly_robust: Option<Interval>,
}

impl Log {
    /// Number of decisions.
    pub fn rows(&self) -> usize {
        self.action.len()
    }

    /// Outcomes in units of 1.0.
    fn outcomes(&self) -> Vec<f64> {
        self.outcome.iter().map(|value| f64::from(*value) / real(self.scale)).collect()
    }

    fn name(&self, row: usize) -> String {
        let action = self.action.get(row).and_then(|action| self.actions.get(usize::from(*action)));
        action.cloned().unwrap_or_default()
    }

    fn check(&self) -> Result<(), OffPolicyError> {
        if self.actions.is_empty() || self.actions.len() > MOST_ACTIONS {
            return Err(OffPolicyError::Actions { found: self.actions.len(), most: MOST_ACTIONS });
        }
        if self.scale <= 0 {
            return Err(OffPolicyError::Scale { scale: self.scale });
        }
        length("the column of outcomes", self.outcome.len(), self.rows())?;
        length("the column of propensities", self.propensity.len(), self.rows())?;
        length("the column of members", self.cluster.len(), self.rows())?;
        self.check_actions(&self.action)?;
        let wrong = |value: f64| !(value > 0.0 && value <= 1.0);
        match self.propensity.iter().position(|value| wrong(*value)) {
            Some(row) => Err(OffPolicyError::Propensity {
                row,
                found: self.propensity.get(row).copied().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }

    fn check_actions(&self, actions: &[u8]) -> Result<(), OffPolicyError> {
        match actions.iter().position(|action| usize::from(*action) >= self.actions.len()) {
            Some(row) => Err(OffPolicyError::UnknownAction { row, actions: self.actions.len() }),
            None => Ok(()),
        }
    }
}

impl Target {
    fn check(&self, log: &Log) -> Result<(), OffPolicyError> {
        match self {
            Self::Uniform => Ok(()),
            Self::Always(action) => log.check_actions(&[*action]),
            Self::Chosen(actions) => {
                length("the column of chosen actions", actions.len(), log.rows())?;
                log.check_actions(actions)
            }
            Self::Probability(values) => {
                length("the column of target probabilities", values.len(), log.rows())?;
                match values.iter().position(|value| !(0.0..=1.0).contains(value)) {
                    Some(row) => Err(OffPolicyError::Probability {
                        row,
                        found: values.get(row).copied().unwrap_or_default(),
                    }),
                    None => Ok(()),
                }
            }
        }
    }

    /// The probability with which this policy takes an action in a row of the log. For
    /// [`Target::Probability`] it is known of the logged action only.
    fn probability(&self, log: &Log, row: usize, action: u8) -> f64 {
        let certain = |yes: bool| if yes { 1.0 } else { 0.0 };
        match self {
            Self::Uniform => 1.0 / count(log.actions.len()),
            Self::Always(always) => certain(*always == action),
            Self::Chosen(actions) => certain(actions.get(row) == Some(&action)),
            Self::Probability(values) => values.get(row).copied().unwrap_or_default(),
        }
    }
}

/// The value of a policy from a log; doubly robust too, if there is a model's prediction.
///
/// # Errors
/// Columns of different lengths; an action, propensity or probability that cannot be; too few members; a
/// log that says too little about the policy: [`OffPolicyError::Refused`], with what to do about it.
pub fn evaluate(log: &Log, target: &Target, model: Option<&Model>) -> Result<Value, OffPolicyError> {
    log.check()?;
    target.check(log)?;
    let members = Members::new(&log.cluster);
    if members.number < LEAST_CLUSTERS {
        return Err(OffPolicyError::TooFewMembers { found: members.number, wanted: LEAST_CLUSTERS });
    }
    let weights = Weights::new(log, target);
    let mean_weight = members.mean(&weights.full);
    weights.check(log, target, &mean_weight)?;
    let outcomes = log.outcomes();
    let weighted: Vec<f64> =
        weights.cut.iter().zip(&outcomes).map(|(weight, outcome)| weight * outcome).collect();
    Ok(Value {
        rows: log.rows(),
        members: members.number,
        matched: weights.full.iter().filter(|weight| **weight > 0.0).count(),
        effective_sample: weights.effective_sample(),
        largest_weight: weights.largest(),
        mean_weight,
        cut_rows: weights.full.iter().filter(|weight| **weight > MOST_WEIGHT).count(),
        cut_share: weights.cut_share(),
        logged: members.mean(&outcomes),
        ips: members.mean(&weighted),
        snips: snips(&members, &weights.cut, &outcomes),
        doubly_robust: model
            .map(|model| doubly_robust(&members, &weights.cut, &outcomes, model))
            .transpose()?,
    })
}

fn snips(members: &Members, weights: &[f64], outcomes: &[f64]) -> Interval {
    let total: f64 = weights.iter().sum();
    let estimate =
        weights.iter().zip(outcomes).map(|(weight, outcome)| weight * outcome).sum::<f64>() / total;
    let each = total / count(weights.len());
    let influence: Vec<f64> =
        weights.iter().zip(outcomes).map(|(weight, outcome)| weight * (outcome - estimate) / each).collect();
    interval(estimate, members.error(&influence))
}

fn doubly_robust(
    members: &Members,
    weights: &[f64],
    outcomes: &[f64],
    model: &Model,
) -> Result<Interval, OffPolicyError> {
    length("the predictions of logged actions", model.logged.len(), weights.len())?;
    length("the predictions of the target policy", model.target.len(), weights.len())?;
    let scores: Vec<f64> = weights
        .iter()
        .zip(outcomes)
        .zip(model.logged.iter().zip(&model.target))
        .map(|((weight, outcome), (logged, target))| target + weight * (outcome - logged))
        .collect();
    if scores.iter().any(|score| !score.is_finite()) {
        return Err(OffPolicyError::NotFinite);
    }
    Ok(members.mean(&scores))
}

/// Which rows belong together.
struct Members {
    /// Number of the member of each row, from 0.
    of_row: Vec<usize>,
    number: usize,
}

impl Members {
    fn new(clusters: &[u64]) -> Self {
        let mut numbers = BTreeMap::new();
        let mut of_row = Vec::with_capacity(clusters.len());
        for cluster in clusters {
            let next = numbers.len();
            of_row.push(*numbers.entry(*cluster).or_insert(next));
        }
        Self { of_row, number: numbers.len() }
    }

    /// The mean over rows, with its interval.
    fn mean(&self, values: &[f64]) -> Interval {
        let mean = values.iter().sum::<f64>() / count(values.len());
        let distances: Vec<f64> = values.iter().map(|value| value - mean).collect();
        interval(mean, self.error(&distances))
    }

    /// Standard error of a mean over rows, from the distances of its rows, which add up to 0:
    /// `√(m / (m − 1) · Σ s²) / n`, where `s` are the sums of the `m` members.
    fn error(&self, distances: &[f64]) -> f64 {
        let mut sums = vec![0.0; self.number];
        for (member, distance) in self.of_row.iter().zip(distances) {
            if let Some(sum) = sums.get_mut(*member) {
                *sum += distance;
            }
        }
        let members = count(self.number);
        let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
        (members / (members - 1.0) * squares).sqrt() / count(distances.len())
    }
}

fn interval(estimate: f64, error: f64) -> Interval {
    Interval { estimate, low: estimate - Z_95 * error, high: estimate + Z_95 * error, error }
}
