//! Cross-fitted outcome models: what each row would bring under each arm, as predicted by models that
//! have seen neither the row nor any other row of its member.

use trees::Trainer;

use crate::error::CausalError;
use crate::experiment::Experiment;
use crate::folds::{FOLDS, folds_of};
use crate::target::Target;

/// Expected outcomes, one per arm and row.
#[derive(Clone, Debug, PartialEq)]
pub struct Nuisances {
    rows: Vec<u32>,
    /// `[arm][position]`, in units of the outcome.
    outcome: Vec<Vec<f64>>,
}

impl Nuisances {
    /// Trains a model for each arm and each of [`FOLDS`] folds, drawn by member and `salt`.
    ///
    /// # Errors
    /// A row that does not exist, an arm with no rows in all but one fold, and what the trainer says.
    pub fn fit(
        experiment: &Experiment,
        rows: &[u32],
        trainer: &dyn Trainer,
        salt: u64,
    ) -> Result<Self, CausalError> {
        experiment.check_rows(rows)?;
        let values: Vec<f64> = rows.iter().map(|row| experiment.outcome(*row)).collect();
        let target = Target::new(&experiment.bins, rows, &values)?;
        let folds = folds_of(&experiment.cluster, rows, salt);
        let mut outcome = vec![vec![0.0; rows.len()]; experiment.arms.len()];
        for fold in 0..FOLDS {
            let inside: Vec<u32> = of_fold(rows, &folds, |other| other == fold);
            let outside: Vec<u32> = of_fold(rows, &folds, |other| other != fold);
            if inside.is_empty() {
                continue;
            }
            for (arm, column) in outcome.iter_mut().enumerate() {
                let train = experiment.rows_of(&outside, arm);
                if train.is_empty() {
                    return Err(CausalError::ArmWithoutRows {
                        arm: experiment.name(arm),
                        rows: outside.len(),
                    });
                }
                let model = target.fit(trainer, &experiment.bins, &train, None)?;
                let mut predicted = model.predict(&experiment.bins, &inside).into_iter();
                for (place, _) in column.iter_mut().zip(&folds).filter(|(_, other)| **other == fold) {
                    *place = predicted.next().unwrap_or_default();
                }
            }
        }
        Ok(Self { rows: rows.to_vec(), outcome })
    }

    /// The rows these models were cross-fitted on.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Expected outcome of an arm for the row at a position of [`Nuisances::rows`].
    pub(crate) fn outcome(&self, arm: usize, position: usize) -> f64 {
        self.outcome.get(arm).and_then(|column| column.get(position)).copied().unwrap_or(f64::NAN)
    }
}

/// The rows whose fold is wanted.
pub(crate) fn of_fold(rows: &[u32], folds: &[u32], wanted: impl Fn(u32) -> bool) -> Vec<u32> {
    rows.iter().zip(folds).filter(|(_, fold)| wanted(**fold)).map(|(row, _)| *row).collect()
}
