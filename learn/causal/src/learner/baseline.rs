//! Competitors that any uplift model must beat: nobody, everybody, and who buys anyway.

use serde::{Deserialize, Serialize};
use trees::Bins;

use crate::error::CausalError;
use crate::experiment::Experiment;
use crate::learner::{Fitted, Task};
use crate::numbers::count;
use crate::target::{EffectForest, Target};

/// The same effects for all rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Flat {
    arm: u8,
    #[serde(with = "crate::store::floats")]
    effects: Vec<f64>,
}

/// Effects in proportion to the response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Response {
    forest: EffectForest,
    /// Mean prediction over the rows trained on.
    #[serde(with = "crate::store::float")]
    mean: f64,
    /// Average effect of each arm.
    #[serde(with = "crate::store::floats")]
    effects: Vec<f64>,
    /// Effect of each arm per unit of response.
    #[serde(with = "crate::store::floats")]
    slopes: Vec<f64>,
}

pub(super) fn nobody(task: &Task<'_>) -> Flat {
    Flat { arm: 0, effects: task.arms().map(|_| 0.0).collect() }
}

pub(super) fn constant(task: &Task<'_>, arm: u8) -> Result<Flat, CausalError> {
    let arms = task.experiment.arms.len();
    if usize::from(arm) >= arms {
        return Err(CausalError::UnknownArm { row: 0, arm, arms });
    }
    let own = |other| {
        if other == usize::from(arm) { average_effect(task.experiment, task.rows, other) } else { 0.0 }
    };
    Ok(Flat { arm, effects: task.arms().map(own).collect() })
}

pub(super) fn response(task: &Task<'_>) -> Result<Response, CausalError> {
    let bins = &task.experiment.bins;
    let target = Target::new(bins, task.rows, &task.outcomes(task.rows))?;
    let forest = target.fit(task.trainers.outcome, bins, task.rows, None)?;
    let mean = forest.predict(bins, task.rows).iter().sum::<f64>() / count(task.rows.len());
    let effects: Vec<f64> = task.arms().map(|arm| average_effect(task.experiment, task.rows, arm)).collect();
    let slopes = effects.iter().map(|effect| slope(*effect, mean)).collect();
    Ok(Response { forest, mean, effects, slopes })
}

/// Effect per unit of response. Where effect and response are not both positive there is no proportion:
/// then a millionth, which keeps the order and leaves the average effect.
fn slope(effect: f64, mean: f64) -> f64 {
    if effect > 0.0 && mean > 0.0 { effect / mean } else { 1e-6 }
}

impl Flat {
    /// Arms but the control.
    pub(super) fn arms(&self) -> usize {
        self.effects.len()
    }
}

impl Response {
    /// Arms but the control.
    pub(super) fn arms(&self) -> usize {
        self.effects.len().min(self.slopes.len())
    }

    pub(super) fn forest(&self) -> &EffectForest {
        &self.forest
    }
}

impl Fitted for Flat {
    fn effects(&self, _: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        Ok(self.effects.iter().map(|effect| vec![*effect; rows.len()]).collect())
    }

    fn fixed_arm(&self) -> Option<u8> {
        Some(self.arm)
    }
}

impl Fitted for Response {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let predicted = self.forest.predict(bins, rows);
        let of_arm = |(effect, slope): (&f64, &f64)| {
            predicted.iter().map(|response| effect + slope * (response - self.mean)).collect()
        };
        Ok(self.effects.iter().zip(&self.slopes).map(of_arm).collect())
    }
}

/// Average effect of an arm over the control among `rows`: the difference of two means weighted by inverse
/// propensity. 0 if one of the arms has no rows.
pub(super) fn average_effect(experiment: &Experiment, rows: &[u32], arm: usize) -> f64 {
    let mean_of = |arm| {
        let (sum, weight) = rows.iter().filter(|row| experiment.arm_of(**row) == arm).fold(
            (0.0, 0.0),
            |(sum, total), row| {
                let weight = 1.0 / experiment.probability(*row, arm);
                (sum + weight * experiment.outcome(*row), total + weight)
            },
        );
        (weight > 0.0).then_some(sum / weight)
    };
    mean_of(arm).zip(mean_of(0)).map_or(0.0, |(treated, control)| treated - control)
}
