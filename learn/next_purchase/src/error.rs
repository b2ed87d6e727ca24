//! What can be wrong with receipts, or with what is asked of them.

use crate::history::MOST_LINES;

/// Why there are no ranks.
#[derive(Debug, thiserror::Error)]
pub enum NextPurchaseError {
    #[error("there are no receipts of members with goods")]
    NoReceipts,
    #[error("there are more than {MOST_LINES} different goods on receipts: divide the members")]
    TooManyLines,
    #[error("day {found}: receipts may be from 1900 to 2200")]
    Day { found: i64 },
    /// The windows that the ranker learns from would begin before there is anything to know.
    #[error(
        "the receipts before the day begin {found} days earlier, and {needed} are needed: \
         to learn from one window of {horizon} days there must be as many before it"
    )]
    TooShort { found: i64, needed: i64, horizon: u32 },
    #[error("no member has {least} receipts before a window and one in it: there is nothing to learn from")]
    NoRows { least: u32 },
    #[error("{what}: {found} is not from {from} to {to}")]
    Setting { what: &'static str, found: u64, from: u64, to: u64 },
    #[error("the ranker cannot be trained: {0}")]
    Bins(#[from] trees::BinsError),
    #[error("the ranker cannot be trained: {0}")]
    Train(#[from] trees::TrainError),
    #[error("column \"{column}\" is missing; columns are {found}")]
    Column { column: String, found: String },
    #[error("row {row}: {why}")]
    Row { row: u64, why: String },
    #[error("cannot be read: {0}")]
    Unreadable(#[from] csv::Error),
}
