use std::path::PathBuf;

use rustls::CertificateError;
use sqlx::migrate::MigrateError;

/// An error of the store. The variants differ in what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `database.url` is neither SQLite's nor PostgreSQL's.
    #[error("database.url must start with sqlite:// (an embedded file) or postgres://")]
    UnknownUrl,
    /// `database.url` has options that nobody knows, or that contradict each other.
    #[error("database.url cannot be used: {reason}")]
    UnusableUrl {
        /// The fault, for people.
        reason: String,
    },
    /// There is no database yet, and the caller asked for one that is there.
    #[error(
        "there is no database of a host at {place}: name another one in database.url (`--config FILE`, or the \
         environment variable OFFER_HOST__DATABASE__URL), or have `offer-host serve` or `offer-host migrate` make it"
    )]
    NoDatabase {
        /// File, or server and name of the database.
        place: String,
    },
    /// A host serves this file, and the caller would replace or change what is in it.
    #[error("a host{owner} serves this database: stop it first (the lock is {})", .file.display())]
    InUse {
        /// The other process, as ` (process 17)`; empty if it cannot be told.
        owner: String,
        /// The file whose lock it holds.
        file: PathBuf,
    },
    /// Another host serves this file, and the caller would be a second one.
    #[error(
        "another host{owner} serves this database, and two would price by different plans: stop it first, or let both \
         use one PostgreSQL database (the lock is {})", .file.display()
    )]
    SecondHost {
        /// The other process, as ` (process 17)`; empty if it cannot be told.
        owner: String,
        /// The file whose lock it holds.
        file: PathBuf,
    },
    /// The database that is to be filled has rows.
    #[error("{place} has data already, in {tables}: nothing was written")]
    Occupied {
        /// Where it is.
        place: String,
        /// The tables with rows.
        tables: String,
    },
    /// The caller asked for something that would lose data, or that cannot be done with this file or database.
    #[error("{reason}")]
    Refused {
        /// What, and why, for people.
        reason: String,
    },
    /// A newer release has taken something away from the schema that this one needs.
    #[error(
        "a newer release has changed the schema of this database in a way that this one cannot live with (migration \
         {version}, `{description}`): start that release, or have it undo this with `offer-host migrate --revert-to`"
    )]
    NewerSchema {
        /// The first migration that is not known.
        version: i64,
        /// Its name.
        description: String,
    },
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
            sqlx::Error::Io(failed) => {
                Self::Unavailable { reason: untrusted(failed).unwrap_or_else(|| error.to_string()) }
            }
            sqlx::Error::Configuration(reason) => Self::UnusableUrl { reason: reason.to_string() },
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Tls(_) => Self::Unavailable { reason: error.to_string() },
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Conflict { reason: database.message().to_owned() }
            }
            sqlx::Error::Database(database) if is_of_the_address(database.code().as_deref()) => {
                Self::UnusableUrl { reason: database.message().to_owned() }
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
            MigrateError::ExecuteMigration(error, version) => match Self::from(error) {
                Self::Unavailable { reason } => {
                    Self::Unavailable { reason: format!("migration {version} was not applied: {reason}") }
                }
                Self::Internal(error) => Self::Migration(MigrateError::ExecuteMigration(error, version)),
                other => other,
            },
            other => Self::Migration(other),
        }
    }
}

/// The reason, for people, for which the certificate of the server was refused; none if that was not the failure.
fn untrusted(failed: &std::io::Error) -> Option<String> {
    let rustls::Error::InvalidCertificate(error) = failed.get_ref()?.downcast_ref::<rustls::Error>()? else {
        return None;
    };
    let reason = match error {
        // The latter is of an authority by the same name, as when one's own was made anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no authority that this machine trusts, and none in the file that \
                                            sslrootcert names, has signed it"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is for another host than database.url names ({error})")
        }
        other => other.to_string(),
    };
    Some(format!("the certificate of the database server is not accepted: {reason}"))
}

/// True if PostgreSQL does not let this user in, or has no database of this name.
fn is_of_the_address(code: Option<&str>) -> bool {
    code.is_some_and(|code| code == "3D000" || code.starts_with("28"))
}

/// True if an error code is about the state of the database and not about the statement, so that the
/// same statement may succeed later.
///
/// SQLite, by extended result code: busy, locked, read-only, interrupted after its longest time, input/output, full,
/// cannot open.
/// PostgreSQL, by class of SQLSTATE: connection, serialization and deadlock, resources, not ready or
/// in use, operator (also statements that were cancelled after their longest time), system; and a transaction that may
/// only read, or that did nothing for too long.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    // SQLite's codes have four digits at most.
    if code.len() == 5 {
        let classes = ["08", "40", "53", "55", "57", "58"];
        return classes.iter().any(|class| code.starts_with(class)) || ["25006", "25P03"].contains(&code);
    }
    let primary = code.parse::<i32>().ok().map(|code| code & 0xff);
    matches!(primary, Some(5 | 6 | 8 | 9 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::is_passing;

    #[test]
    fn passing_errors_are_recognised() {
        // SQLite: busy, busy snapshot, full, disk i/o, interrupted; PostgreSQL: deadlock, too many connections,
        // disk full, shutting down, cancelled, waited for a lock, did nothing in a transaction.
        for code in
            ["5", "517", "13", "778", "9", "40P01", "53300", "53100", "57P01", "57014", "55P03", "25P03"]
        {
            assert!(is_passing(Some(code)), "{code}");
        }
        // SQLite: error, constraint; PostgreSQL: syntax, unique violation.
        for code in ["1", "19", "42601", "23505"] {
            assert!(!is_passing(Some(code)), "{code}");
        }
        assert!(!is_passing(None));
    }
}
