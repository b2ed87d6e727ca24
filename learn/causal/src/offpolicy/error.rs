//! Why a log does not tell what a policy is worth, in words for people.

use std::fmt::{self, Display, Formatter};

use super::{LEAST_EFFECTIVE_SAMPLE, MOST_CUT, MOST_WEIGHT};
use crate::error::CausalError;
use crate::numbers::count;

/// What went wrong, and what to do about it. Rows count from 0.
#[derive(Debug, thiserror::Error)]
pub enum OffPolicyError {
    #[error("{0}")]
    Refused(Box<Refusal>),
    #[error(
        "no value is given: weights average {mean:.3} (standard error {error:.3}) instead of 1. Either the logged \
         propensities are not the probabilities with which actions were drawn, or this policy takes actions that the \
         log could not: log the probability of the drawn action at the moment of the draw, and give every action a \
         floor of probability"
    )]
    MeanWeight { mean: f64, error: f64 },
    #[error("a log has between 1 and {most} actions; this one has {found}")]
    Actions { found: usize, most: usize },
    #[error("row {row} has an action that does not exist: there are {actions}, numbered from 0")]
    UnknownAction { row: usize, actions: usize },
    #[error(
        "row {row}: a propensity of {found}; the action was drawn, so its probability is above 0 and at most 1"
    )]
    Propensity { row: usize, found: f64 },
    #[error("row {row}: a target probability of {found}; it must be between 0 and 1")]
    Probability { row: usize, found: f64 },
    #[error("the scale of the outcome is {scale}; it must be above 0")]
    Scale { scale: i64 },
    #[error("decisions of {found} members are too few for an interval; at least {wanted}")]
    TooFewMembers { found: usize, wanted: usize },
    #[error("a model's prediction is not a finite number")]
    NotFinite,
    #[error(transparent)]
    Data(#[from] CausalError),
}

/// Why a log says too little about a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub rows: usize,
    pub effective_sample: f64,
    /// Share of all weight that lies above [`MOST_WEIGHT`].
    pub cut_share: f64,
    pub largest_weight: f64,
    /// The row of that weight, from 0, its action and its propensity.
    pub row: usize,
    pub action: String,
    pub propensity: f64,
    /// Largest probability with which the policy takes a logged action.
    pub most_probability: f64,
}

impl Refusal {
    /// Smallest probability that an action which the policy may take must have had, for a log of as many rows
    /// to carry a value: with floor `f` weights are at most `p / f`, so that the effective sample is, in
    /// expectation, at least `n f / p`. None if the log is too short for any floor, or has no action of the
    /// policy.
    pub fn floor(&self) -> Option<f64> {
        let part = (1.0 / MOST_WEIGHT).max(LEAST_EFFECTIVE_SAMPLE / count(self.rows));
        (part <= 1.0 && self.most_probability > 0.0).then_some(self.most_probability * part)
    }
}

impl Display for Refusal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "no value is given, since this log says too little about this policy: its {} decisions weigh as much as \
             {:.0} of the policy's own (at least {LEAST_EFFECTIVE_SAMPLE:.0} are needed)",
            self.rows, self.effective_sample
        )?;
        if self.largest_weight > MOST_WEIGHT {
            write!(
                out,
                "; the largest weight is {:.0} (at most {MOST_WEIGHT:.0} counts, and {:.1} % of all weight is above it, \
                 where at most {:.0} % may be): decision {}, where action {:?} was drawn with probability {}",
                self.largest_weight,
                self.cut_share * 100.0,
                MOST_CUT * 100.0,
                self.row.saturating_add(1),
                self.action,
                self.propensity
            )?;
        }
        match self.floor() {
            Some(floor) => write!(
                out,
                ". Set a floor for exploration: draw each action that this policy may take with a probability of at \
                 least {}, and log as many decisions again",
                rounded_up(floor)
            ),
            None if self.most_probability > 0.0 => write!(
                out,
                ". Log more decisions, with a floor for exploration: a probability of at least {} for each action that \
                 this policy may take, over {:.0} decisions",
                rounded_up(self.most_probability / MOST_WEIGHT),
                MOST_WEIGHT * LEAST_EFFECTIVE_SAMPLE
            ),
            None => write!(
                out,
                ". Not one logged action is one that this policy takes: set a floor for exploration, so that each \
                 action is drawn at times, and log again"
            ),
        }
    }
}

/// A probability with two digits that count, rounded up.
fn rounded_up(probability: f64) -> String {
    let mut step = 0.1;
    let mut digits = 2_usize;
    while step > probability && digits < 12 {
        step /= 10.0;
        digits += 1;
    }
    // A billionth of a step less, so that rounding noise does not add a whole step.
    let steps = (probability / (step / 10.0) - 1e-9).ceil();
    format!("{:.digits$}", steps * step / 10.0)
}
