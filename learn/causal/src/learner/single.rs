//! Learners with one model of the effect per arm: R, doubly robust, transformed outcome.

use serde::{Deserialize, Serialize};
use trees::Bins;

use crate::error::CausalError;
use crate::learner::{Fitted, Task};
use crate::numbers::nearest;
use crate::scores::Scores;
use crate::target::EffectForest;

/// Largest weight of a row; small enough for exact sums over all rows of an experiment.
const MOST_WEIGHT: f64 = 1_000.0;

/// One forest of effects per arm but the control.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Forests(pub(super) Vec<EffectForest>);

/// The rows of the arm and of the control, with target `(Y − m) / (W − e)` and weight `(W − e)²`, where
/// `e` is the propensity of the arm among the two and `m` the expected outcome under it.
pub(super) fn r(task: &Task<'_>) -> Result<Forests, CausalError> {
    let nuisances = task.nuisances()?;
    let of_arm = |arm| {
        let mut rows = Vec::new();
        let mut targets = Vec::new();
        let mut weights = vec![0; task.experiment.rows()];
        for (position, row) in task.rows.iter().enumerate() {
            let own = task.experiment.arm_of(*row);
            if own != arm && own != 0 {
                continue;
            }
            let e = task.against_control(*row, arm);
            let expected = e * nuisances.outcome(arm, position) + (1.0 - e) * nuisances.outcome(0, position);
            let treatment = if own == arm { 1.0 - e } else { -e };
            rows.push(*row);
            targets.push((task.experiment.outcome(*row) - expected) / treatment);
            let weight =
                nearest(MOST_WEIGHT * treatment * treatment).and_then(|weight| u32::try_from(weight).ok());
            if let Some(place) = weights.get_mut(crate::numbers::index(*row)) {
                *place = weight.unwrap_or_default().max(1);
            }
        }
        task.effect_forest(&rows, &targets, Some(&weights))
    };
    task.arms().map(of_arm).collect::<Result<_, _>>().map(Forests)
}

/// All rows, with the difference of their doubly robust scores as target.
pub(super) fn dr(task: &Task<'_>) -> Result<Forests, CausalError> {
    let scores = Scores::new(task.experiment, task.rows, task.nuisances()?)?;
    on_scores(task, &scores)
}

/// All rows, with the difference of their inverse propensity scores as target.
pub(super) fn transformed(task: &Task<'_>) -> Result<Forests, CausalError> {
    on_scores(task, &Scores::ipw(task.experiment, task.rows)?)
}

fn on_scores(task: &Task<'_>, scores: &Scores) -> Result<Forests, CausalError> {
    task.arms()
        .map(|arm| task.effect_forest(task.rows, &scores.effect(arm)?, None))
        .collect::<Result<_, _>>()
        .map(Forests)
}

impl Fitted for Forests {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        Ok(self.0.iter().map(|forest| forest.predict(bins, rows)).collect())
    }

    fn forests(&self) -> Option<&[EffectForest]> {
        Some(&self.0)
    }
}
