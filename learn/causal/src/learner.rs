//! Models that compete: they predict for each row the effect of each arm over the control.

mod baseline;
mod meta;
mod ridge;
mod rule;
mod single;
mod trained;

use trees::{Bins, Trainer};

use crate::error::CausalError;
use crate::experiment::Experiment;
use crate::nuisance::Nuisances;
use crate::target::{EffectForest, Target};

pub use rule::{Condition, Rule};
pub use trained::Stored;

use trained::Model;

/// A way to predict effects. With more than two arms each is set against the control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learner {
    /// Nobody is treated: all effects are 0.
    Nobody,
    /// Everybody gets this arm; its effect is its average effect, that of other arms is 0.
    Constant(u8),
    /// A rule of thumb on recency, frequency and monetary value.
    Rule(Rule),
    /// Who buys anyway: a model of the outcome that ignores treatment. Effects are taken to be in
    /// proportion to it, so that they rank as the response does, and average to the average effect.
    Response,
    /// One model of the outcome with the arm among its features.
    S,
    /// One model of the outcome per arm; effects are differences.
    T,
    /// Künzel et al., PNAS 2019: effects imputed for treated and untreated rows, then blended by propensity.
    X,
    /// Nie and Wager, Biometrika 2021: residual outcome on residual treatment, weighted. The same as
    /// [`Learner::Dr`] where there are two arms with propensity one half.
    R,
    /// Kennedy, EJS 2023: regression of doubly robust scores.
    Dr,
    /// Athey and Imbens, 2015: regression of outcomes weighted by inverse propensity.
    TransformedOutcome,
    /// Ridge regression of doubly robust scores: linear, for few rows or weak effects.
    DrRidge,
}

/// Trainers of the models inside a learner.
#[derive(Clone, Copy)]
pub struct Trainers<'a> {
    /// For models of outcomes.
    pub outcome: &'a dyn Trainer,
    /// For models of effects, whose targets are far noisier: shallower trees do better.
    pub effect: &'a dyn Trainer,
}

/// A trained learner.
pub trait Fitted: Send + Sync {
    /// Predicted effect of each arm over the control in units of the outcome, `[arm − 1][position]`.
    /// `bins` have the features that were trained on, in that order.
    ///
    /// # Errors
    /// Features that are not the ones trained on.
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError>;

    /// The arm that all rows get, whatever it costs: for nobody and constants.
    fn fixed_arm(&self) -> Option<u8> {
        None
    }

    /// The effects as one forest per arm but the control, where the learner has that form.
    fn forests(&self) -> Option<&[EffectForest]> {
        None
    }

    /// The learner in a form that can be written and read back; what [`fit`] returns always has one.
    fn stored(&self) -> Option<Stored> {
        None
    }
}

impl Learner {
    /// The learners that need nothing but data.
    pub fn learned() -> [Self; 8] {
        [
            Self::Response,
            Self::S,
            Self::T,
            Self::X,
            Self::R,
            Self::Dr,
            Self::TransformedOutcome,
            Self::DrRidge,
        ]
    }

    /// Short name, as used in files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Constant(_) => "constant",
            Self::Rule(_) => "rule",
            Self::Response => "response",
            Self::S => "s",
            Self::T => "t",
            Self::X => "x",
            Self::R => "r",
            Self::Dr => "dr",
            Self::TransformedOutcome => "to",
            Self::DrRidge => "dr_ridge",
        }
    }

    /// Whether it is built on cross-fitted outcome models.
    pub fn needs_nuisances(&self) -> bool {
        matches!(self, Self::X | Self::R | Self::Dr | Self::DrRidge)
    }
}

impl<'a> Trainers<'a> {
    /// One trainer for everything.
    pub fn same(trainer: &'a dyn Trainer) -> Self {
        Self { outcome: trainer, effect: trainer }
    }
}

/// Trains a learner on `rows`. Outcome models may be handed in if they were cross-fitted on the same rows,
/// so that several learners share them; otherwise they are trained here if needed, in folds drawn by
/// `salt`.
///
/// # Errors
/// A row or an arm that does not exist, an arm with no rows, models of other rows, an unknown feature of a
/// rule, and what the trainer says.
pub fn fit(
    learner: &Learner,
    experiment: &Experiment,
    rows: &[u32],
    trainers: Trainers<'_>,
    nuisances: Option<&Nuisances>,
    salt: u64,
) -> Result<Box<dyn Fitted>, CausalError> {
    experiment.check_rows(rows)?;
    let own = match nuisances {
        None if learner.needs_nuisances() => Some(Nuisances::fit(experiment, rows, trainers.outcome, salt)?),
        _ => None,
    };
    let task = Task { experiment, rows, trainers, nuisances: nuisances.or(own.as_ref()) };
    let model = match learner {
        Learner::Nobody => Model::Flat(baseline::nobody(&task)),
        Learner::Constant(arm) => Model::Flat(baseline::constant(&task, *arm)?),
        Learner::Rule(rule) => Model::Rule(rule::fit(&task, rule)?),
        Learner::Response => Model::Response(baseline::response(&task)?),
        Learner::S => Model::S(meta::s(&task)?),
        Learner::T => Model::T(meta::t(&task)?),
        Learner::X => Model::X(meta::x(&task)?),
        Learner::R => Model::Forests(single::r(&task)?),
        Learner::Dr => Model::Forests(single::dr(&task)?),
        Learner::TransformedOutcome => Model::Forests(single::transformed(&task)?),
        Learner::DrRidge => Model::Ridge(ridge::fit(&task)?),
    };
    Ok(Box::new(Stored::new(experiment.bins.features(), model)))
}

/// Trains one forest per arm but the control on the predictions of any trained learner: a student for
/// places that can walk a forest and nothing else.
///
/// # Errors
/// As of [`Fitted::effects`], and what the trainer says.
pub fn distil(
    fitted: &dyn Fitted,
    bins: &Bins,
    rows: &[u32],
    trainer: &dyn Trainer,
) -> Result<Vec<EffectForest>, CausalError> {
    fitted
        .effects(bins, rows)?
        .iter()
        .map(|effects| Target::new(bins, rows, effects)?.fit(trainer, bins, rows, None))
        .collect()
}

/// What a learner is trained on.
struct Task<'a> {
    experiment: &'a Experiment,
    rows: &'a [u32],
    trainers: Trainers<'a>,
    nuisances: Option<&'a Nuisances>,
}

impl Task<'_> {
    fn arms(&self) -> std::ops::Range<usize> {
        1..self.experiment.arms.len()
    }

    fn nuisances(&self) -> Result<&Nuisances, CausalError> {
        self.nuisances.filter(|found| found.rows() == self.rows).ok_or(CausalError::OtherRows)
    }

    /// Outcomes of some rows.
    fn outcomes(&self, rows: &[u32]) -> Vec<f64> {
        rows.iter().map(|row| self.experiment.outcome(*row)).collect()
    }

    /// Probability that a row that got the arm or the control got the arm.
    fn against_control(&self, row: u32, arm: usize) -> f64 {
        let own = self.experiment.probability(row, arm);
        own / (own + self.experiment.probability(row, 0))
    }

    /// A forest of effects that are known with noise, one `value` per entry of `rows`.
    fn effect_forest(
        &self,
        rows: &[u32],
        values: &[f64],
        weight: Option<&[u32]>,
    ) -> Result<EffectForest, CausalError> {
        let bins = &self.experiment.bins;
        Target::new(bins, rows, values)?.fit(self.trainers.effect, bins, rows, weight)
    }
}
