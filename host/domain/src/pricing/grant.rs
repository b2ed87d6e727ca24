//! Grants of an offer on lines, and shrinking them to a cap.

use crate::distribute::{WeightedLine, distribute};

/// The grant of a proposal on one line; minor units of money or smallest steps of points, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    pub line: usize,
    pub value: i64,
    /// Index of the proposal.
    pub proposal: usize,
}

/// Shrinks values in proportion until they add up to no more than `cap`.
pub(super) fn cap_values(values: &mut Vec<i64>, cap: i64) {
    let total: i64 = values.iter().sum();
    if total > cap {
        let shares: Vec<WeightedLine> =
            values.iter().map(|&value| WeightedLine { weight: value, cap: value }).collect();
        *values = distribute(cap, &shares);
    }
}
