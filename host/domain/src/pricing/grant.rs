//! Grants of an offer on lines, and shrinking them to a cap.

use crate::distribute::{WeightedLine, distribute};
use crate::quantities::MAX_AMOUNT;

/// The largest value of a grant on one line while a reward is worked out, before caps shrink it. It
/// keeps the products of a distribution over 10,000 such lines within 128 bits.
pub(super) const MAX_LINE_VALUE: i64 = 100_000 * MAX_AMOUNT;

/// A reward that is larger than [`MAX_LINE_VALUE`] on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overflow;

/// The grant of a proposal on one line; minor units of money or smallest steps of points, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    pub line: usize,
    pub value: i64,
    /// Index of the proposal.
    pub proposal: usize,
}

/// The exact sum of values.
pub(super) fn total(values: impl Iterator<Item = i64>) -> i128 {
    values.map(i128::from).sum()
}

/// Shrinks values in proportion until they add up to no more than `cap`.
pub(super) fn cap_values(values: &mut Vec<i64>, cap: i64) {
    if total(values.iter().copied()) > i128::from(cap) {
        let shares: Vec<WeightedLine> =
            values.iter().map(|&value| WeightedLine { weight: value, cap: value }).collect();
        *values = distribute(cap, &shares);
    }
}
