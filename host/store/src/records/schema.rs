//! Migrations that were applied, and what undoing them removes.

use std::time::Duration;

/// A migration that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    /// Its number, which begins with the day on which it was made.
    pub version: i64,
    /// Its purpose, in words.
    pub description: String,
    /// Time that it took, if that was noted.
    pub took: Option<Duration>,
}

/// A table, or a column of one that stays, which goes with the migration that added it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The table.
    pub table: String,
    /// The column; absent if the whole table goes.
    pub column: Option<String>,
    /// The rows of the table.
    pub rows: i64,
    /// Those with a value in the column; of a whole table, all.
    pub filled: i64,
}
