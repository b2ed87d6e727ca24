//! Bounds of whole numbers.

/// Whole numbers from `least` to `most`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest number that is in.
    pub least: i64,
    /// The largest number that is in.
    pub most: i64,
}

impl Bounds {
    /// Every number.
    pub const ALL: Self = Self { least: i64::MIN, most: i64::MAX };

    /// True if a number is in.
    pub fn contains(self, number: i64) -> bool {
        (self.least..=self.most).contains(&number)
    }
}
