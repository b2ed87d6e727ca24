//! Training of forests: the port [`Trainer`], an exact booster behind it, and import of LightGBM's models.
#![forbid(unsafe_code)]

mod bins;
mod booster;
mod cell;
mod cuts;
mod error;
mod grow;
mod level;
pub mod lightgbm;
mod options;
mod round;
mod split;
mod trainer;

pub use bins::{Bins, MAX_ROWS, predict};
pub use booster::{Booster, MAX_TARGET, Trained};
pub use cuts::cuts;
pub use error::{BinsError, TrainError};
pub use forest::{Feature, Forest};
pub use options::Options;
pub use trainer::Trainer;

/// A row as a position; beyond all rows where a position is too small for it.
fn index(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}
