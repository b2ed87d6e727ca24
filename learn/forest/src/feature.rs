//! A feature: its name and the cuts that turn its values into bins.

use alloc::string::String;
use alloc::vec::Vec;

/// A feature of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Unique in its forest; 1 to [`MAX_NAME`](crate::MAX_NAME) bytes.
    pub name: String,
    /// Strictly ascending, at most [`MAX_CUTS`](crate::MAX_CUTS).
    pub cuts: Vec<i64>,
}

impl Feature {
    /// Bin of a value: 0 for a missing one, otherwise 1 + the number of cuts that are not above it.
    #[must_use]
    pub fn bin(&self, value: Option<i64>) -> u8 {
        match value {
            None => 0,
            Some(value) => bin_after(self.cuts.partition_point(|cut| *cut <= value)),
        }
    }

    /// Bins of this feature, that of missing values included.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.cuts.len().saturating_add(2)
    }
}

/// The bin above some cuts. A checked feature has few enough that nothing saturates.
pub(crate) fn bin_after(cuts: usize) -> u8 {
    u8::try_from(cuts).unwrap_or(u8::MAX).saturating_add(1)
}
