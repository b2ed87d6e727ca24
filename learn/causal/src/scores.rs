//! Unbiased scores of what each row would have brought under each arm.

use crate::error::CausalError;
use crate::experiment::{Experiment, length};
use crate::nuisance::Nuisances;
use crate::numbers::index;

/// One score per row and arm, in units of the outcome. The mean of an arm's scores over any set of rows,
/// picked without looking at outcomes, is an unbiased estimate of the mean outcome if all of them got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// `[arm][position]`.
    values: Vec<Vec<f64>>,
    clusters: Vec<u64>,
}

impl Scores {
    /// Doubly robust (AIPW) scores: `m(x, a) + 1{W = a} · (Y − m(x, a)) / e(a)` with the known propensity
    /// `e` and the cross-fitted outcome model `m` (Robins, Rotnitzky, Zhao, JASA 1994; Chernozhukov et
    /// al., Econometrics Journal 2018). Entries are in the order of `rows`.
    ///
    /// # Errors
    /// Models of other rows, a row that does not exist, an arm with no rows.
    pub fn new(experiment: &Experiment, rows: &[u32], nuisances: &Nuisances) -> Result<Self, CausalError> {
        if nuisances.rows() != rows {
            return Err(CausalError::OtherRows);
        }
        Self::build(experiment, rows, |arm, position| nuisances.outcome(arm, position))
    }

    /// The same without an outcome model: `1{W = a} · Y / e(a)`. Unbiased too, but with wider intervals.
    ///
    /// # Errors
    /// A row that does not exist, an arm with no rows.
    pub fn ipw(experiment: &Experiment, rows: &[u32]) -> Result<Self, CausalError> {
        Self::build(experiment, rows, |_, _| 0.0)
    }

    fn build(
        experiment: &Experiment,
        rows: &[u32],
        model: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, CausalError> {
        experiment.check_rows(rows)?;
        let values = (0..experiment.arms.len())
            .map(|arm| {
                rows.iter()
                    .enumerate()
                    .map(|(position, row)| {
                        let expected = model(arm, position);
                        let rest = if experiment.arm_of(*row) == arm {
                            (experiment.outcome(*row) - expected) / experiment.probability(*row, arm)
                        } else {
                            0.0
                        };
                        expected + rest
                    })
                    .collect()
            })
            .collect();
        let clusters = rows.iter().filter_map(|row| experiment.cluster.get(index(*row)).copied()).collect();
        Self::of(values, clusters)
    }

    /// Scores that come from elsewhere, `[arm][position]`, the control first.
    ///
    /// # Errors
    /// Columns of different lengths, a value that is not finite.
    pub fn of(values: Vec<Vec<f64>>, clusters: Vec<u64>) -> Result<Self, CausalError> {
        for column in &values {
            length("the scores of an arm", column.len(), clusters.len())?;
            if !column.iter().all(|value| value.is_finite()) {
                return Err(CausalError::NotFinite { what: "a score" });
            }
        }
        Ok(Self { values, clusters })
    }

    /// Scores of an arm.
    pub fn arm(&self, arm: usize) -> Option<&[f64]> {
        self.values.get(arm).map(Vec::as_slice)
    }

    /// Scores of the effect of an arm over the control.
    ///
    /// # Errors
    /// An arm that does not exist.
    pub fn effect(&self, arm: usize) -> Result<Vec<f64>, CausalError> {
        let (Some(control), Some(treated)) = (self.arm(0), self.arm(arm)) else {
            let arm = u8::try_from(arm).unwrap_or(u8::MAX);
            return Err(CausalError::UnknownArm { row: 0, arm, arms: self.arms() });
        };
        Ok(treated.iter().zip(control).map(|(treated, control)| treated - control).collect())
    }

    /// Number of arms, with the control.
    pub fn arms(&self) -> usize {
        self.values.len()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.clusters.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// Member of each row.
    pub fn clusters(&self) -> &[u64] {
        &self.clusters
    }

    /// The scores of some positions, in that order; positions that do not exist are left out.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> Self {
        let values = self
            .values
            .iter()
            .map(|column| positions.iter().filter_map(|position| column.get(*position).copied()).collect())
            .collect();
        let clusters =
            positions.iter().filter_map(|position| self.clusters.get(*position).copied()).collect();
        Self { values, clusters }
    }
}
