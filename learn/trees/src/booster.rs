//! The trainer: gradient boosting with squared error on histograms.

use forest::{Forest, Tree};

use crate::bins::Bins;
use crate::cell::{MAX_WEIGHT, Part};
use crate::error::TrainError;
use crate::grow::Grower;
use crate::index;
use crate::level::Work;
use crate::options::Options;
use crate::round::divide;
use crate::split::Rules;
use crate::trainer::Trainer;

/// Largest size of a target. The first residual then fits an `i32`.
pub const MAX_TARGET: i32 = 1_000_000_000;

/// Boosted trees on integers; see the description of the crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booster(pub Options);

/// A forest and what else its training found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trained {
    pub forest: Forest,
    /// How much the splits on each feature lowered the weighted sum of squared residuals of their tree, in
    /// squared units of the target: the usual importance by gain, to be compared within one training.
    pub gains: Vec<u128>,
}

impl Trainer for Booster {
    fn fit(
        &self,
        bins: &Bins,
        rows: &[u32],
        target: &[i32],
        weight: Option<&[u32]>,
    ) -> Result<Forest, TrainError> {
        self.train(bins, rows, target, weight).map(|trained| trained.forest)
    }
}

impl Booster {
    /// Trains, and says which features were worth how much. See [`Trainer::fit`].
    ///
    /// # Errors
    /// Options, rows, targets or weights that are not valid.
    pub fn train(
        &self,
        bins: &Bins,
        rows: &[u32],
        target: &[i32],
        weight: Option<&[u32]>,
    ) -> Result<Trained, TrainError> {
        self.0.check()?;
        let mut parts = parts(bins, rows, target, weight)?;
        let (weights, base) = center(&mut parts)?;
        let mut grower = Grower {
            bins,
            rules: self.rules(weights, parts.len())?,
            depth: self.0.depth,
            rate_millionths: self.0.rate_millionths,
            threads: self.0.threads,
            works: Work::of(bins),
            gains: vec![0; bins.features().len()],
            aside: Vec::new(),
        };
        let mut trees: Vec<Tree> = Vec::new();
        for _ in 0..self.0.trees {
            fits(&parts)?;
            let Some(tree) = grower.tree(&mut parts)? else { break };
            parts.sort_unstable_by_key(|part| part.row);
            trees.push(tree);
        }
        let forest = Forest::new(bins.features().to_vec(), base, trees)?;
        Ok(Trained { forest, gains: grower.gains })
    }

    /// The ridge is given in rows of mean weight.
    fn rules(&self, weights: u64, rows: usize) -> Result<Rules, TrainError> {
        let rows = i128::try_from(rows).unwrap_or(i128::MAX);
        let ridge = divide(i128::from(self.0.ridge).saturating_mul(i128::from(weights)), rows);
        let ridge = u64::try_from(ridge).ok().filter(|ridge| *ridge < 1 << 62).ok_or(TrainError::TooLarge)?;
        Ok(Rules { ridge, least_rows: self.0.least_rows.into(), least_gain: self.0.least_gain })
    }
}

/// The rows of a training, ascending, with their targets as residuals.
fn parts(bins: &Bins, rows: &[u32], target: &[i32], weight: Option<&[u32]>) -> Result<Vec<Part>, TrainError> {
    let length = |what, found| {
        if found == bins.rows() { Ok(()) } else { Err(TrainError::Length { what, found, rows: bins.rows() }) }
    };
    length("the target", target.len())?;
    weight.map_or(Ok(()), |weight| length("the weight", weight.len()))?;
    let part = |row: &u32| {
        let missing = TrainError::NoSuchRow { row: *row, rows: bins.rows() };
        let Some(target) = target.get(index(*row)).copied() else { return Err(missing) };
        if target.unsigned_abs() > MAX_TARGET.unsigned_abs() {
            return Err(TrainError::Target { row: *row, target, most: MAX_TARGET });
        }
        let weight = weight.map_or(Some(1), |weight| weight.get(index(*row)).copied()).ok_or(missing)?;
        Ok(Part { row: *row, weight, residual: target })
    };
    let mut parts = rows.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    parts.sort_unstable_by_key(|part| part.row);
    match parts.iter().zip(parts.iter().skip(1)).find(|(one, next)| one.row == next.row) {
        Some((twice, _)) => Err(TrainError::Repeated { row: twice.row }),
        None if parts.is_empty() => Err(TrainError::NoRows),
        None => Ok(parts),
    }
}

/// Takes the weighted mean, rounded to the nearest integer, from the targets; answers with the sum of the
/// weights and the mean.
fn center(parts: &mut [Part]) -> Result<(u64, i64), TrainError> {
    let weights: u64 = parts.iter().map(|part| u64::from(part.weight)).sum();
    if weights == 0 {
        return Err(TrainError::NoWeight);
    }
    if weights > MAX_WEIGHT {
        return Err(TrainError::Weights { found: weights, most: MAX_WEIGHT });
    }
    let sum: i128 = parts.iter().map(|part| i128::from(part.residual) * i128::from(part.weight)).sum();
    let mean = i32::try_from(divide(sum, weights.into())).map_err(|_| TrainError::TooLarge)?;
    for part in parts {
        part.residual = part.residual.checked_sub(mean).ok_or(TrainError::TooLarge)?;
    }
    Ok((weights, mean.into()))
}

/// The one check of all sums of a tree: weight times residual over all rows, without signs, fits an `i64`.
fn fits(parts: &[Part]) -> Result<(), TrainError> {
    let size = |part: &Part| u128::from(part.weight) * u128::from(part.residual.unsigned_abs());
    let sum: u128 = parts.iter().map(size).sum();
    if sum <= u128::from(i64::MAX.unsigned_abs()) { Ok(()) } else { Err(TrainError::TooLarge) }
}
