use sqlx::migrate::MigrateError;

/// An error of the store. The variants differ in what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `database.url` is neither SQLite's nor PostgreSQL's.
    #[error("database.url must start with sqlite:// (an embedded file) or postgres://")]
    UnknownUrl,
    /// The database is locked, full, gone or read-only: the same call may succeed later.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// The database's own message.
        reason: String,
    },
    /// The database has a schema that this release does not know, or a migration failed.
    #[error("the database schema could not be migrated")]
    Migration(#[source] MigrateError),
    /// A unique key is taken by another row.
    #[error("the change conflicts with a stored row: {reason}")]
    Conflict {
        /// The database's own message.
        reason: String,
    },
    /// The caller could not write the answer that is stored with a change.
    #[error("the answer could not be written: {0}")]
    Answer(String),
    /// A stored value that this crate never writes.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// An amount that would not fit into a sum, see [`crate::ENTRY_MAX`]. Nothing was written.
    #[error("too large to be stored: {0}")]
    TooLarge(String),
    /// Any other error of the database: a bug of this crate.
    #[error("the database rejected a statement")]
    Internal(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Io(_) => Self::Unavailable { reason: error.to_string() },
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Conflict { reason: database.message().to_owned() }
            }
            sqlx::Error::Database(database) if is_passing(database.code().as_deref()) => {
                Self::Unavailable { reason: database.message().to_owned() }
            }
            _ => Self::Internal(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => Self::from(error),
            other => Self::Migration(other),
        }
    }
}

/// True if an error code is about the state of the database and not about the statement, so that the
/// same statement may succeed later.
///
/// SQLite, by extended result code: busy, locked, read-only, input/output, full, cannot open.
/// PostgreSQL, by class of SQLSTATE: connection, serialization and deadlock, resources, not ready or
/// in use, operator, system; and a transaction that may only read.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    // SQLite's codes have four digits at most.
    if code.len() == 5 {
        let classes = ["08", "40", "53", "55", "57", "58"];
        return classes.iter().any(|class| code.starts_with(class)) || code == "25006";
    }
    let primary = code.parse::<i32>().ok().map(|code| code & 0xff);
    matches!(primary, Some(5 | 6 | 8 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::is_passing;

    #[test]
    fn passing_errors_are_recognised() {
        // SQLite: busy, busy snapshot, full, disk i/o; PostgreSQL: deadlock, too many connections,
        // disk full, shutting down.
        for code in ["5", "517", "13", "778", "40P01", "53300", "53100", "57P01"] {
            assert!(is_passing(Some(code)), "{code}");
        }
        // SQLite: error, constraint; PostgreSQL: syntax, unique violation.
        for code in ["1", "19", "42601", "23505"] {
            assert!(!is_passing(Some(code)), "{code}");
        }
        assert!(!is_passing(None));
    }
}
