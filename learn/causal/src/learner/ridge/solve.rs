//! Normal equations with a penalty, solved by Cholesky's decomposition.

/// Penalties that compete, per row.
const PENALTIES: [f64; 7] = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0];

/// Sums over rows.
#[derive(Clone)]
pub(super) struct Moments {
    rows: f64,
    /// Products of columns, the lower triangle.
    gram: Vec<Vec<f64>>,
    /// Products of columns and targets, `[arm][column]`.
    products: Vec<Vec<f64>>,
}

impl Moments {
    pub(super) fn new(columns: usize, arms: usize) -> Self {
        Self {
            rows: 0.0,
            gram: (0..columns).map(|row| vec![0.0; row + 1]).collect(),
            products: vec![vec![0.0; columns]; arms],
        }
    }

    pub(super) fn add(&mut self, values: &[f64], targets: &[f64]) {
        self.rows += 1.0;
        for (row, value) in self.gram.iter_mut().zip(values) {
            for (sum, other) in row.iter_mut().zip(values) {
                *sum += value * other;
            }
        }
        for (products, target) in self.products.iter_mut().zip(targets) {
            for (sum, value) in products.iter_mut().zip(values) {
                *sum += value * target;
            }
        }
    }

    /// Adds `factor` times the sums of others.
    fn combine(&mut self, other: &Self, factor: f64) {
        self.rows += factor * other.rows;
        let own = self.gram.iter_mut().chain(&mut self.products);
        for (own, other) in own.zip(other.gram.iter().chain(&other.products)) {
            for (own, other) in own.iter_mut().zip(other) {
                *own += factor * other;
            }
        }
    }

    /// Slopes of an arm under a penalty per row.
    fn slopes(&self, arm: usize, penalty: f64) -> Vec<f64> {
        let Some(products) = self.products.get(arm) else { return Vec::new() };
        let mut matrix = self.gram.clone();
        for row in &mut matrix {
            if let Some(diagonal) = row.last_mut() {
                *diagonal += penalty * self.rows.max(1.0);
            }
        }
        decompose(&matrix).map_or_else(|| vec![0.0; products.len()], |lower| solve(&lower, products))
    }

    /// Sum of squared errors of slopes on these rows, but for a constant.
    fn loss(&self, arm: usize, slopes: &[f64]) -> f64 {
        let mut square = 0.0;
        for ((place, row), slope) in self.gram.iter().enumerate().zip(slopes) {
            for ((column, entry), other) in row.iter().enumerate().zip(slopes) {
                let twice = if column == place { 1.0 } else { 2.0 };
                square += twice * entry * slope * other;
            }
        }
        let linear: f64 = self
            .products
            .get(arm)
            .map_or(0.0, |products| products.iter().zip(slopes).map(|(a, b)| a * b).sum());
        square - 2.0 * linear
    }
}

/// Slopes of an arm under the penalty that predicts left-out parts best.
pub(super) fn best_penalty(parts: &[Moments], arm: usize) -> Vec<f64> {
    let Some((first, rest)) = parts.split_first() else { return Vec::new() };
    let mut total = first.clone();
    for part in rest {
        total.combine(part, 1.0);
    }
    let mut best = (f64::INFINITY, 1.0);
    for penalty in PENALTIES {
        let loss: f64 = parts
            .iter()
            .map(|part| {
                let mut others = total.clone();
                others.combine(part, -1.0);
                part.loss(arm, &others.slopes(arm, penalty))
            })
            .sum();
        if loss < best.0 {
            best = (loss, penalty);
        }
    }
    total.slopes(arm, best.1)
}

/// The lower triangle `L` with `L · Lᵀ` = the matrix; none unless it is positive definite.
fn decompose(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for row in matrix {
        let mut own: Vec<f64> = Vec::with_capacity(row.len());
        for (entry, earlier) in row.iter().zip(&lower) {
            let rest = entry - product(&own, earlier);
            own.push(rest / earlier.last()?);
        }
        let rest = row.last()? - product(&own, &own);
        if rest.is_nan() || rest <= 0.0 {
            return None;
        }
        own.push(rest.sqrt());
        lower.push(own);
    }
    Some(lower)
}

/// Solves `L · Lᵀ · x = right`.
fn solve(lower: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut forward: Vec<f64> = Vec::with_capacity(right.len());
    for (row, value) in lower.iter().zip(right) {
        let rest = value - product(&forward, row);
        forward.push(rest / row.last().copied().unwrap_or(1.0));
    }
    let mut answer = Vec::with_capacity(right.len());
    for row in lower.iter().rev() {
        let (Some(rest), Some((diagonal, earlier))) = (forward.pop(), row.split_last()) else { break };
        let value = rest / diagonal;
        for (rest, entry) in forward.iter_mut().zip(earlier) {
            *rest -= entry * value;
        }
        answer.push(value);
    }
    answer.reverse();
    answer
}

/// Sum of products of the entries that both have.
fn product(first: &[f64], second: &[f64]) -> f64 {
    first.iter().zip(second).map(|(first, second)| first * second).sum()
}
