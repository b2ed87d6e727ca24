//! Whether the treatment was drawn at random: if it was, features cannot tell the arm.
//!
//! Members are divided in two halves. A model of the arm is trained on one and judged on the other, and the
//! other way round. Each half is a test of its own: the AUCs of many folds hang together, since a pattern that
//! is there by chance is learned in most of them and then found again in the rest, so that the interval of
//! their mean is too narrow (Bengio, Grandvalet, JMLR 2004).

use std::ops::Range;

use trees::Trainer;

use crate::bootstrap::{Bootstrap, Interval};
use crate::error::CausalError;
use crate::experiment::{Experiment, Propensity};
use crate::folds::{fold, uniform};
use crate::numbers::index;
use crate::target::Target;

/// Most rows looked at; of a larger experiment, a sample of members.
pub const MOST_ROWS: usize = 200_000;

/// Standard errors to each side of a 99.9 % interval of a normal distribution. A verdict is refused if the
/// lower bound of an arm is above 0.5 in one of the halves, which happens to one arm in 1,000 of honest
/// experiments.
pub const Z: f64 = 3.290_526_731_491_895;

/// Separates these folds from all others.
const SALT: u64 = 0x6175_6300_0000_0001;

/// How well features tell each arm from all others, as AUC in the half of the members where they tell it
/// better; 0.5 = not at all. With two arms there is one entry, otherwise one per arm, the control first.
#[derive(Clone, Debug, PartialEq)]
pub struct Randomness {
    pub auc: Vec<Interval>,
}

/// Tries to predict the arm of each row from its features with models that have not seen its member, and
/// refuses an experiment in which that works. Where the propensity is known by row, rows are weighted by
/// its inverse, so that only what it does not explain counts.
///
/// # Errors
/// [`CausalError::NotRandom`]; a row that does not exist, an arm with no rows, too few members, and what
/// the trainer says.
pub fn check(
    experiment: &Experiment,
    rows: &[u32],
    trainer: &dyn Trainer,
    salt: u64,
) -> Result<Randomness, CausalError> {
    experiment.check_rows(rows)?;
    let rows = sample(experiment, rows, salt);
    experiment.check_rows(&rows)?;
    let halves = halves(experiment, &rows, salt ^ SALT);
    for half in &halves {
        experiment.check_rows(half)?;
    }
    let arms = if experiment.arms.len() == 2 { 1..2 } else { 0..experiment.arms.len() };
    let mut auc = Vec::new();
    for arm in arms {
        let [first, second] = &halves;
        let one = interval(experiment, (first, second), trainer, arm, salt)?;
        let other = interval(experiment, (second, first), trainer, arm, salt)?;
        let found = if other.low > one.low { other } else { one };
        if found.low > 0.5 {
            return Err(CausalError::NotRandom {
                arm: experiment.name(arm),
                auc: found.estimate,
                low: found.low,
                high: found.high,
            });
        }
        auc.push(found);
    }
    Ok(Randomness { auc })
}

/// The rows by member, in two halves.
fn halves(experiment: &Experiment, rows: &[u32], salt: u64) -> [Vec<u32>; 2] {
    let half =
        |row: &u32| fold(experiment.cluster.get(index(*row)).copied().unwrap_or_default(), salt, 2) == 0;
    let (first, second) = rows.iter().partition(|row| half(row));
    [first, second]
}

/// All rows, or those of a sample of members that is about as large as allowed.
fn sample(experiment: &Experiment, rows: &[u32], salt: u64) -> Vec<u32> {
    if rows.len() <= MOST_ROWS {
        return rows.to_vec();
    }
    let limit = u128::from(u64::MAX) * u128::from(u32::try_from(MOST_ROWS).unwrap_or_default())
        / u128::try_from(rows.len()).unwrap_or(1);
    let member = |row: &u32| experiment.cluster.get(index(*row)).copied().unwrap_or_default();
    rows.iter().copied().filter(|row| u128::from(uniform(member(row), !salt)) < limit).collect()
}

/// AUC on rows `judged` of a model of the arm that was trained on others.
fn interval(
    experiment: &Experiment,
    (trained, judged): (&[u32], &[u32]),
    trainer: &dyn Trainer,
    arm: usize,
    salt: u64,
) -> Result<Interval, CausalError> {
    let is_arm = |rows: &[u32]| -> Vec<f64> {
        rows.iter().map(|row| if experiment.arm_of(*row) == arm { 1.0 } else { 0.0 }).collect()
    };
    let target = Target::new(&experiment.bins, trained, &is_arm(trained))?;
    let model = target.fit(trainer, &experiment.bins, trained, None)?;
    let sorted = Sorted::new(&model.predict(&experiment.bins, judged));
    let clusters: Vec<u64> =
        judged.iter().filter_map(|row| experiment.cluster.get(index(*row)).copied()).collect();
    let (is_arm, inverse) = (is_arm(judged), inverse_propensity(experiment, judged, arm));
    let bootstrap = Bootstrap { seed: salt ^ SALT, z: Z, ..Bootstrap::default() };
    bootstrap.statistic(&clusters, &|weights| {
        let weights: Vec<f64> =
            weights.iter().zip(&inverse).map(|(weight, inverse)| weight * inverse).collect();
        sorted.auc(&is_arm, &weights).unwrap_or(0.5)
    })
}

/// 1 for all rows where propensities are the same for all.
fn inverse_propensity(experiment: &Experiment, rows: &[u32], arm: usize) -> Vec<f64> {
    let of_row = |row: &u32| match experiment.propensity {
        Propensity::PerArm(_) => 1.0,
        Propensity::PerRow(_) if experiment.arm_of(*row) == arm => 1.0 / experiment.probability(*row, arm),
        Propensity::PerRow(_) => 1.0 / (1.0 - experiment.probability(*row, arm)),
    };
    rows.iter().map(of_row).collect()
}

/// Rows by prediction, lowest first.
struct Sorted {
    positions: Vec<usize>,
    /// Runs of equal predictions, as ranges of `positions`.
    ties: Vec<Range<usize>>,
}

impl Sorted {
    fn new(predicted: &[f64]) -> Self {
        let mut rows: Vec<(f64, usize)> = predicted.iter().copied().zip(0..).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut start = 0;
        let ties = rows
            .chunk_by(|a, b| a.0 == b.0)
            .map(|run| {
                let range = start..start + run.len();
                start = range.end;
                range
            })
            .collect();
        Self { positions: rows.into_iter().map(|(_, position)| position).collect(), ties }
    }

    /// The probability that a row of the arm has a higher prediction than a row of the others, equal ones
    /// counting half; none if one of them has no weight.
    fn auc(&self, is_arm: &[f64], weights: &[f64]) -> Option<f64> {
        let (mut inside, mut outside, mut higher) = (0.0, 0.0, 0.0);
        for tie in &self.ties {
            let (mut own, mut other) = (0.0, 0.0);
            for position in self.positions.get(tie.clone())? {
                let weight = weights.get(*position)?;
                let is_arm = is_arm.get(*position)?;
                own += weight * is_arm;
                other += weight * (1.0 - is_arm);
            }
            higher += own * (outside + other / 2.0);
            inside += own;
            outside += other;
        }
        (inside > 0.0 && outside > 0.0).then(|| higher / (inside * outside))
    }
}
