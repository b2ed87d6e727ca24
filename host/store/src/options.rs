//! How a database is opened: its address, and the bounds on what a caller waits for.

use std::time::Duration;

/// The longest time that a statement of a job takes, such as a check of all entries.
const JOB_STATEMENT: Duration = Duration::from_secs(6 * 60 * 60);
/// The longest time that a job waits for a lock: it has more patience than a till.
const JOB_LOCK: Duration = Duration::from_secs(60);
/// Size in bytes that the write-ahead log of SQLite shrinks to.
const LOG_BYTES: u64 = 16 << 20;

/// The address of a database, with limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `sqlite://PATH`, `sqlite::memory:` or `postgres://…`.
    pub url: String,
    /// The longest time that a statement takes. PostgreSQL ends a transaction that does nothing for as long; SQLite
    /// counts the statements of a reader from the first to the last, and does not bound those of the writer.
    pub statement: Duration,
    /// The longest time that a statement waits for a lock.
    pub lock: Duration,
    /// Size in bytes that the write-ahead log of SQLite shrinks to after a burst.
    pub log_bytes: u64,
}

impl Options {
    /// Those of a job that may take hours and whom no till waits for.
    pub fn job(url: &str) -> Self {
        Self { url: url.to_owned(), statement: JOB_STATEMENT, lock: JOB_LOCK, log_bytes: LOG_BYTES }
    }
}
