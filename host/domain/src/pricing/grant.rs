//! What offers give line by line, and shrinking it to a cap.

use crate::distribute::{WeightedLine, distribute};

/// What a proposal gives on one line; money or points in minor units.
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
