//! The table of ranges of phone numbers in memory.

use std::sync::Arc;

use communications::contacts::NumberRanges;

/// A table of ranges as this process has read it.
#[derive(Debug, Default)]
pub struct ReadRanges {
    /// How often a table had been put then; 0 before the first.
    pub(super) version: i64,
    pub(super) ranges: Arc<NumberRanges>,
}
