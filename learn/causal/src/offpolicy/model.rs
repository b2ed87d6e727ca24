//! The outcome model of the doubly robust value.

use trees::{Bins, Feature, Trainer, predict as scores};

use super::error::OffPolicyError;
use super::{Log, Target};
use crate::error::CausalError;
use crate::experiment::length;
use crate::folds::{FOLDS, folds_of};
use crate::numbers::{index, real};

/// What a model predicts for each row of a log, in outcome per decision. It must not have seen the outcome
/// of the row itself, nor any other of its member.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// For the logged action.
    pub logged: Vec<f64>,
    /// The mean over the actions of the target policy.
    pub target: Vec<f64>,
}

/// One model of the outcome, with the action as one more feature, trained in five folds by member: each row
/// is predicted by a model that saw no row of its member. Without features it knows the action only. None for [`Target::Probability`], which does not
/// say what the policy does in place of the logged action.
///
/// # Errors
/// Columns of different lengths, and whatever `trainer` refuses.
pub fn predict(
    log: &Log,
    target: &Target,
    bins: &Bins,
    trainer: &dyn Trainer,
    salt: u64,
) -> Result<Option<Model>, OffPolicyError> {
    log.check()?;
    target.check(log)?;
    if !bins.features().is_empty() {
        length("the features", bins.rows(), log.rows())?;
    }
    if matches!(target, Target::Probability(_)) {
        return Ok(None);
    }
    let bins = with_action(log, bins)?;
    let rows: Vec<u32> = (0..).take(log.rows()).collect();
    let folds = folds_of(&log.cluster, &rows, salt);
    let mut model = Model { logged: vec![0.0; log.rows()], target: vec![0.0; log.rows()] };
    for fold in 0..FOLDS {
        let (inside, outside): (Vec<_>, Vec<_>) =
            rows.iter().zip(&folds).partition(|(_, of_row)| **of_row == fold);
        let inside: Vec<u32> = inside.into_iter().map(|(row, _)| *row).collect();
        let outside: Vec<u32> = outside.into_iter().map(|(row, _)| *row).collect();
        if inside.is_empty() {
            continue;
        }
        let forest = trainer.fit(&bins, &outside, &log.outcome, None).map_err(CausalError::from)?;
        for (row, score) in inside.iter().zip(scores(&forest, &bins, &inside)) {
            set(&mut model.logged, *row, real(score) / real(log.scale));
        }
        let mut values = Vec::new();
        for row in inside {
            let mut mean = 0.0;
            for action in (0..=u8::MAX).take(log.actions.len()) {
                let probability = target.probability(log, index(row), action);
                if probability > 0.0 {
                    bins.row(index(row), &mut values);
                    if let Some(last) = values.last_mut() {
                        *last = bin(action);
                    }
                    mean += probability * real(forest.score_bins(&values)) / real(log.scale);
                }
            }
            set(&mut model.target, row, mean);
        }
    }
    Ok(Some(model))
}

/// The features and, last, the logged action: a cut between each two actions.
fn with_action(log: &Log, bins: &Bins) -> Result<Bins, CausalError> {
    let cuts = (1..).take(log.actions.len().saturating_sub(1)).collect();
    let feature = Feature { name: "action".to_owned(), cuts };
    let column = log.action.iter().map(|action| bin(*action)).collect();
    bins.with_column(feature, column).map_err(CausalError::Bins)
}

/// Bin 0 would be a missing value.
fn bin(action: u8) -> u8 {
    action.saturating_add(1)
}

fn set(values: &mut [f64], row: u32, value: f64) {
    if let Some(place) = values.get_mut(index(row)) {
        *place = value;
    }
}
