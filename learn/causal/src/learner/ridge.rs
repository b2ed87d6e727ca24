//! Ridge regression of doubly robust scores on the bins of all features.

mod columns;
mod solve;

use serde::{Deserialize, Serialize};
use trees::Bins;

use crate::error::CausalError;
use crate::folds::{FOLDS, fold};
use crate::learner::{Fitted, Task};
use crate::numbers::{count, index};
use crate::scores::Scores;

use columns::Columns;
use solve::{Moments, best_penalty};

/// Most columns of a regression; with more, those most correlated with the scores of any arm are kept.
const MOST_COLUMNS: usize = 200;

/// Separates these folds from those of the outcome models.
const SALT: u64 = 0x7269_6467_6500_0001;

/// One linear model per arm but the control, on the same columns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ridge {
    columns: Columns,
    arms: Vec<Line>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    #[serde(with = "crate::store::float")]
    mean: f64,
    #[serde(with = "crate::store::floats")]
    slopes: Vec<f64>,
}

/// The penalty is the one with the least squared error in cross-validation over members.
pub(super) fn fit(task: &Task<'_>) -> Result<Ridge, CausalError> {
    let scores = Scores::new(task.experiment, task.rows, task.nuisances()?)?;
    let bins = &task.experiment.bins;
    let mut targets = task.arms().map(|arm| scores.effect(arm)).collect::<Result<Vec<_>, _>>()?;
    let means: Vec<f64> = targets.iter_mut().map(|target| center(target)).collect();
    let mut columns = Columns::new(bins, task.rows);
    columns.keep(MOST_COLUMNS, bins, task.rows, &targets);
    let parts = moments(task, &columns, &targets);
    let lines =
        means.into_iter().enumerate().map(|(arm, mean)| Line { mean, slopes: best_penalty(&parts, arm) });
    Ok(Ridge { arms: lines.collect(), columns })
}

/// Subtracts the mean, which is the answer.
fn center(values: &mut [f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / count(values.len());
    for value in values {
        *value -= mean;
    }
    mean
}

/// Sums of products by fold.
fn moments(task: &Task<'_>, columns: &Columns, targets: &[Vec<f64>]) -> Vec<Moments> {
    let mut parts: Vec<Moments> = (0..FOLDS).map(|_| Moments::new(columns.len(), targets.len())).collect();
    let mut of_row = Vec::new();
    let mut values = Vec::new();
    let mut of_arms = Vec::new();
    for (position, row) in task.rows.iter().enumerate() {
        task.experiment.bins.row(index(*row), &mut of_row);
        columns.values(&of_row, &mut values);
        of_arms.clear();
        of_arms.extend(targets.iter().filter_map(|target| target.get(position)));
        let member = task.experiment.cluster.get(index(*row)).copied().unwrap_or_default();
        if let Some(part) = parts.get_mut(index(fold(member, SALT, FOLDS))) {
            part.add(&values, &of_arms);
        }
    }
    parts
}

impl Ridge {
    /// Arms but the control.
    pub(super) fn arms(&self) -> usize {
        self.arms.len()
    }

    /// Whether there is a slope for each column, and a feature.
    pub(super) fn fits(&self, features: usize) -> bool {
        self.columns.fit(features) && self.arms.iter().all(|line| line.slopes.len() == self.columns.len())
    }
}

impl Fitted for Ridge {
    fn effects(&self, bins: &Bins, rows: &[u32]) -> Result<Vec<Vec<f64>>, CausalError> {
        let mut effects = vec![Vec::with_capacity(rows.len()); self.arms.len()];
        let (mut of_row, mut values) = (Vec::new(), Vec::new());
        for row in rows {
            bins.row(index(*row), &mut of_row);
            self.columns.values(&of_row, &mut values);
            for (line, column) in self.arms.iter().zip(&mut effects) {
                let slope: f64 = line.slopes.iter().zip(&values).map(|(slope, value)| slope * value).sum();
                column.push(line.mean + slope);
            }
        }
        Ok(effects)
    }
}
