//! Learners that combine models of outcomes: S, T and X.

use serde::{Deserialize, Serialize};
use trees::{Bins, Feature};

use crate::error::CausalError;
use crate::learner::{Fitted, Task};
use crate::numbers::{count, index};
use crate::target::{EffectForest, Target};

/// Bins of the features that tell the S-learner which arm a row has.
const NOT_THIS_ARM: u8 = 1;
const THIS_ARM: u8 = 2;

/// One model with the arms as features behind all others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct S {
    forest: EffectForest,
    /// Arms but the control.
    arms: usize,
}

/// One model per arm, the control first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct T(pub(super) Vec<EffectForest>);

/// For each arm but the control, effects as imputed for treated and for untreated rows, and the weight of
/// the latter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct X(Vec<Blend>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Blend {
    treated: EffectForest,
    untreated: EffectForest,
    #[serde(with = "crate::store::float")]
    weight: f64,
}

pub(super) fn s(task: &Task<'_>) -> Result<S, CausalError> {
    let experiment = task.experiment;
    let mut bins = experiment.bins.clone();
    for arm in task.arms() {
        let feature = Feature { name: format!("arm: {}", experiment.name(arm)), cuts: vec![1] };
        let column = experiment
            .arm
            .iter()
            .map(|own| if usize::from(*own) == arm { THIS_ARM } else { NOT_THIS_ARM })
            .collect();
        bins = bins.with_column(feature, column).map_err(CausalError::Bins)?;
    }
    let target = Target::new(&bins, task.rows, &task.outcomes(task.rows))?;
    let forest = target.fit(task.trainers.outcome, &bins, task.rows, None)?;
    Ok(S { forest, arms: task.arms().len() })
}

pub(super) fn t(task: &Task<'_>) -> Result<T, CausalError> {
    let target = Target::new(&task.experiment.bins, task.rows, &task.outcomes(task.rows))?;
    let of_arm = |arm| {
        let rows = task.experiment.rows_of(task.rows, arm);
        target.fit(task.trainers.outcome, &task.experiment.bins, &rows, None)
    };
    (0..task.experiment.arms.len()).map(of_arm).collect::<Result<_, _>>().map(T)
}

/// `Y − m(x, control)` for treated rows and `m(x, arm) − Y` for the control, with cross-fitted `m`; the two
/// models are blended with the propensity of the arm on the one of untreated rows, as Künzel et al. do.
pub(super) fn x(task: &Task<'_>) -> Result<X, CausalError> {
    let nuisances = task.nuisances()?;
    let of_arm = |arm| {
        let (mut treated, mut untreated) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
        for (position, row) in task.rows.iter().enumerate() {
            let outcome = task.experiment.outcome(*row);
            let own = task.experiment.arm_of(*row);
            if own == arm {
                treated.0.push(*row);
                treated.1.push(outcome - nuisances.outcome(0, position));
            } else if own == 0 {
                untreated.0.push(*row);
                untreated.1.push(nuisances.outcome(arm, position) - outcome);
            }
        }
        Ok(Blend {
            treated: task.effect_forest(&treated.0, &treated.1, None)?,
            untreated: task.effect_forest(&untreated.0, &untreated.1, None)?,
            weight: mean_propensity(task, arm),
        })
    };
    task.arms().map(of_arm).collect::<Result<_, CausalError>>().map(X)
}

/// Mean over all rows, since new rows come without a propensity.
fn mean_propensity(task: &Task<'_>, arm: usize) -> f64 {
    task.rows.iter().map(|row| task.against_control(*row, arm)).sum::<f64>() / count(task.rows.len())
}

impl S {
    /// Arms but the control.
    pub(super) fn arms(&self) -> usize {
        self.arms
    }

    pub(super) fn forest(&self) -> &EffectForest {
        &self.forest
    }
}

impl X {
    /// Arms but the control.
    pub(super) fn arms(&self) -> usize {
        self.0.len()
    }

    pub(super) fn forests(&self) -> impl Iterator<Item = &EffectForest> {
        self.0.iter().flat_map(|blend| [&blend.treated, &blend.untreated])
    }
}

impl Fitted for S {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let mut effects = vec![Vec::with_capacity(rows.len()); self.arms];
        let mut of_row = Vec::new();
        for row in rows {
            bins.row(index(*row), &mut of_row);
            let plain = of_row.len();
            of_row.resize(plain + effects.len(), NOT_THIS_ARM);
            let control = self.forest.to_outcome(self.forest.forest.score_bins(&of_row));
            for (arm, column) in effects.iter_mut().enumerate() {
                set(&mut of_row, plain + arm, THIS_ARM);
                column.push(self.forest.to_outcome(self.forest.forest.score_bins(&of_row)) - control);
                set(&mut of_row, plain + arm, NOT_THIS_ARM);
            }
        }
        Ok(effects)
    }
}

fn set(bins: &mut [u8], place: usize, value: u8) {
    if let Some(bin) = bins.get_mut(place) {
        *bin = value;
    }
}

impl Fitted for T {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let Some((control, arms)) = self.0.split_first() else { return Ok(Vec::new()) };
        let control = control.predict(bins, rows);
        let of_arm = |arm: &EffectForest| {
            arm.predict(bins, rows).iter().zip(&control).map(|(treated, control)| treated - control).collect()
        };
        Ok(arms.iter().map(of_arm).collect())
    }
}

impl Fitted for X {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let of_arm = |blend: &Blend| {
            let treated = blend.treated.predict(bins, rows);
            let untreated = blend.untreated.predict(bins, rows);
            treated
                .iter()
                .zip(&untreated)
                .map(|(treated, untreated)| (1.0 - blend.weight) * treated + blend.weight * untreated)
                .collect()
        };
        Ok(self.0.iter().map(of_arm).collect())
    }
}
