//! The best split of a node on one feature.
//!
//! A split lowers the weighted sum of squared residuals by
//! `L²/(l+λ) + R²/(r+λ) − N²/(n+λ)`, where L, R, N are the sums of weight times residual in the left, the
//! right and the whole node, l, r, n the sums of weight, and λ the ridge (T. Chen, C. Guestrin, "XGBoost",
//! 2016, equation 7, for squared error).

use crate::cell::Cell;

/// What a split must fulfil.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// λ, in the unit of the weights; below 2^62.
    pub(crate) ridge: u64,
    pub(crate) least_rows: u64,
    pub(crate) least_gain: u64,
}

/// A split of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub(crate) cut: u8,
    pub(crate) missing_left: bool,
    pub(crate) left: Cell,
    pub(crate) right: Cell,
    /// In whole squared units of the target.
    pub(crate) gain: u128,
}

/// Two sides and how they came about.
#[derive(Clone, Copy)]
struct Sides {
    cut: usize,
    missing_left: bool,
    left: Cell,
    right: Cell,
}

/// The best split, if any is allowed; of equal ones that with the lowest cut, and of those the one with
/// missing values on the right. `cells` are the sums of the bins, missing first.
///
/// Splits of the feature are compared by numbers of up to 62 bits, to which sums of weighted residuals are
/// shortened to 31: of two whose scores differ by less than about a millionth part the lesser may be taken,
/// but always the same. The gain of the one that is taken is exact, and so is the comparison with other
/// features.
pub(crate) fn best(node: Cell, cells: &[Cell], rules: &Rules) -> Option<Split> {
    let scale = Scale::of(node, cells);
    let mut best: Option<(u64, Sides)> = None;
    each_split(node, cells, |sides| {
        if sides.left.rows() >= rules.least_rows && sides.right.rows() >= rules.least_rows {
            let score =
                scale.score(sides.left, rules.ridge).saturating_add(scale.score(sides.right, rules.ridge));
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, sides));
            }
        }
    });
    let (_, sides) = best?;
    let gain = gain(node, &sides, rules.ridge).filter(|gain| *gain > u128::from(rules.least_gain))?;
    let cut = u8::try_from(sides.cut).ok()?;
    Some(Split { cut, missing_left: sides.missing_left, left: sides.left, right: sides.right, gain })
}

fn each_split(node: Cell, cells: &[Cell], mut try_it: impl FnMut(Sides)) {
    let Some((missing, bins)) = cells.split_first() else { return };
    let present = node - *missing;
    let mut below = Cell::default();
    for (cut, cell) in bins.iter().enumerate() {
        // A bin without rows here: the cut above it parts the rows as the one below it does.
        if cell.is_empty() {
            continue;
        }
        below += *cell;
        if below.rows() == present.rows() {
            break;
        }
        let above = node - below;
        // Where no value is missing, later ones go where most rows go.
        let missing_left = missing.is_empty() && below.weight() >= above.weight();
        try_it(Sides { cut, missing_left, left: below, right: above });
        if !missing.is_empty() {
            try_it(Sides { cut, missing_left: true, left: below + *missing, right: above - *missing });
        }
    }
    if !missing.is_empty() && !present.is_empty() {
        // Behind the last cut: all values on one side, missing ones on the other.
        let cut = bins.len().saturating_sub(1);
        try_it(Sides { cut, missing_left: false, left: present, right: *missing });
    }
}

/// How sums of a histogram are shortened to 31 bits.
struct Scale {
    up: u32,
    down: u32,
}

impl Scale {
    fn of(node: Cell, cells: &[Cell]) -> Self {
        let mut sum = 0_i64;
        let mut largest = 0_u64;
        for cell in cells.iter().skip(1) {
            sum = sum.wrapping_add(cell.pull);
            largest = largest.max(sum.unsigned_abs());
        }
        let missing = cells.first().map_or(0, |cell| cell.pull.unsigned_abs());
        let bound = largest.saturating_add(missing).saturating_add(node.pull.unsigned_abs());
        let bits = u64::BITS - bound.leading_zeros();
        Self { up: 31_u32.saturating_sub(bits), down: bits.saturating_sub(31) }
    }

    /// Sum of weighted residuals, squared, over the weight and the ridge; 0 without weight.
    fn score(&self, side: Cell, ridge: u64) -> u64 {
        let pull = (side.pull.unsigned_abs() << self.up) >> self.down;
        pull.saturating_mul(pull).checked_div(side.weight().saturating_add(ridge)).unwrap_or_default()
    }
}

/// The exact gain; none if it is below 0.
fn gain(node: Cell, sides: &Sides, ridge: u64) -> Option<u128> {
    let term = |cell: Cell| {
        let pull = u128::from(cell.pull.unsigned_abs());
        pull.saturating_mul(pull)
            .checked_div(u128::from(cell.weight().saturating_add(ridge)))
            .unwrap_or_default()
    };
    (term(sides.left) + term(sides.right)).checked_sub(term(node))
}
