//! How to train.

use crate::error::TrainError;

/// Options of a [`Booster`](crate::Booster).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Most trees, 0 to 10,000. Fewer are grown if no split gains anything any more.
    pub trees: u32,
    /// Most nodes on the way to a leaf, 1 to 10: the histograms of a level take up to 6 KB x 2^(depth − 1) for each feature.
    pub depth: u32,
    /// Fewest rows of a leaf, at least 1.
    pub least_rows: u32,
    /// Share of a leaf's mean residual that a tree adds, in millionths: 1 to 1,000,000.
    pub rate_millionths: u32,
    /// Ridge: so many rows of mean weight with a residual of 0 are added to each leaf.
    pub ridge: u32,
    /// A split must lower the weighted sum of squared errors by more than this.
    pub least_gain: u64,
    /// Most threads, 1 to 256. It changes the time, never the forest.
    pub threads: u32,
}

impl Default for Options {
    /// Good for 10,000 to a million rows.
    fn default() -> Self {
        Self {
            trees: 100,
            depth: 4,
            least_rows: 50,
            rate_millionths: 100_000,
            ridge: 10,
            least_gain: 0,
            threads: 1,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let within = |option, found: u32, range: std::ops::RangeInclusive<u32>, wanted| {
            if range.contains(&found) {
                Ok(())
            } else {
                Err(TrainError::Option { option, found: found.into(), wanted })
            }
        };
        within("trees", self.trees, 0..=10_000, "0 to 10,000")?;
        within("depth", self.depth, 1..=10, "1 to 10")?;
        within("least_rows", self.least_rows, 1..=u32::MAX, "at least 1")?;
        within("rate_millionths", self.rate_millionths, 1..=1_000_000, "1 to 1,000,000")?;
        within("threads", self.threads, 1..=256, "1 to 256")
    }
}
