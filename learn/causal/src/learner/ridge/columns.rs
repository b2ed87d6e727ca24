//! Features as columns of a regression: bin numbers, and whether a value is missing, each with mean 0 and
//! variance 1 over the rows trained on.

use serde::{Deserialize, Serialize};
use trees::Bins;

use crate::numbers::{count, index};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Columns(Vec<Column>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Column {
    feature: usize,
    /// Whether the column tells that a value is missing; otherwise it is the bin, its mean where missing.
    missing: bool,
    #[serde(with = "crate::store::float")]
    mean: f64,
    #[serde(with = "crate::store::float")]
    deviation: f64,
}

/// Sums over the rows of one feature.
#[derive(Clone, Copy, Default)]
struct Sums {
    present: f64,
    sum: f64,
    squares: f64,
}

impl Columns {
    /// All columns that are not constant.
    pub(super) fn new(bins: &Bins, rows: &[u32]) -> Self {
        let mut sums = vec![Sums::default(); bins.features().len()];
        let mut of_row = Vec::new();
        for row in rows {
            bins.row(index(*row), &mut of_row);
            for (sums, bin) in sums.iter_mut().zip(&of_row).filter(|(_, bin)| **bin > 0) {
                let bin = f64::from(*bin);
                sums.present += 1.0;
                sums.sum += bin;
                sums.squares += bin * bin;
            }
        }
        let total = count(rows.len());
        let columns = sums.iter().enumerate().flat_map(|(feature, sums)| {
            let mean = sums.sum / sums.present.max(1.0);
            let variance = (sums.squares / sums.present.max(1.0) - mean * mean) * sums.present / total;
            let absent = 1.0 - sums.present / total;
            [
                Column { feature, missing: false, mean, deviation: variance.max(0.0).sqrt() },
                Column {
                    feature,
                    missing: true,
                    mean: absent,
                    deviation: (absent * (1.0 - absent)).max(0.0).sqrt(),
                },
            ]
        });
        Self(columns.filter(|column| column.deviation > 1e-6).collect())
    }

    /// Whether all columns are of features that exist.
    pub(super) fn fit(&self, features: usize) -> bool {
        self.0.iter().all(|column| column.feature < features && column.deviation > 0.0)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The values of a row.
    pub(super) fn values(&self, bins: &[u8], into: &mut Vec<f64>) {
        into.clear();
        into.extend(self.0.iter().map(|column| column.value(bins)));
    }

    /// Keeps the columns that are most correlated with any of the targets, in their order.
    pub(super) fn keep(&mut self, most: usize, bins: &Bins, rows: &[u32], targets: &[Vec<f64>]) {
        if self.0.len() <= most {
            return;
        }
        let mut products = vec![vec![0.0; self.0.len()]; targets.len()];
        let (mut of_row, mut values) = (Vec::new(), Vec::new());
        for (position, row) in rows.iter().enumerate() {
            bins.row(index(*row), &mut of_row);
            self.values(&of_row, &mut values);
            for (products, target) in products.iter_mut().zip(targets) {
                let target = target.get(position).copied().unwrap_or_default();
                for (product, value) in products.iter_mut().zip(&values) {
                    *product += value * target;
                }
            }
        }
        let strength = |place: usize| {
            products
                .iter()
                .filter_map(|products| products.get(place))
                .fold(0.0_f64, |most, product| most.max(product.abs()))
        };
        let mut order: Vec<(f64, usize)> = (0..self.0.len()).map(|place| (strength(place), place)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut kept: Vec<usize> = order.into_iter().take(most).map(|(_, place)| place).collect();
        kept.sort_unstable();
        let mut place = 0;
        self.0.retain(|_| {
            place += 1;
            kept.binary_search(&(place - 1)).is_ok()
        });
    }
}

impl Column {
    fn value(&self, bins: &[u8]) -> f64 {
        let bin = bins.get(self.feature).copied().unwrap_or_default();
        let raw = match (self.missing, bin) {
            (true, 0) => 1.0,
            (true, _) => 0.0,
            (false, 0) => self.mean,
            (false, bin) => f64::from(bin),
        };
        (raw - self.mean) / self.deviation
    }
}
