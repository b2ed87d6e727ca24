//! Copies of a database in one file, and into another database.
//!
//! The file is an SQLite database whatever the database is: of an embedded one it is a copy of one state, of PostgreSQL
//! its rows in one state. Both are made while hosts serve.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::copying::{Copied, Tell, copy};
use crate::files::{self, Claim, Part, beside};
use crate::noted::Note;
use crate::sqlite::{self, Sqlite};
use crate::{AuditHead, Backend, Options, Revision, Store, StoreError, StoreFuture, layout};

/// Time between two looks at how large the file is that is being made.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// Size of the file.
    pub bytes: u64,
    /// The latest migration in it.
    pub schema: i64,
    /// The latest revision in it.
    pub revision: Revision,
    /// The last record of the audit log in it.
    pub audit: AuditHead,
}

impl Store {
    /// Writes one state of the database into a file, while others write: all that was committed before the call is in it.
    /// The file is there once it is whole, and not before. `replace` lets it take the place of another one.
    pub async fn back_up(&self, file: &Path, replace: bool, tell: Tell<'_>) -> Result<BackedUp, StoreError> {
        let file = files::real(file).map_err(|error| unusable(file, &error))?;
        if self.embedded().is_some_and(|(_, own)| own == file) {
            let reason = format!("{} is the database itself: name another file", file.display());
            return Err(StoreError::Refused { reason });
        }
        if !replace && file.exists() {
            let reason =
                format!("{} is there already: name another file, or give --overwrite", file.display());
            return Err(StoreError::Refused { reason });
        }
        let part = beside(&file, &format!(".partial-{}", std::process::id()));
        let part = Part::create(part).map_err(|error| unusable(&file, &error))?;
        match &self.backend {
            Backend::Sqlite(database) => self.copy_embedded(database, part.path(), tell).await?,
            Backend::Postgres(_) => {
                let copy_of_rows = Self::alone(part.path()).await?;
                // A ledger that does not add up is backed up as it is.
                let copied = copy(self, &copy_of_rows, (false, true), tell).await;
                copy_of_rows.close().await;
                copied?;
            }
        }
        let backed_up = looked_at(part.path()).await?;
        part.place(&file).map_err(|error| unusable(&file, &error))?;
        Ok(backed_up)
    }

    async fn copy_embedded(&self, database: &Sqlite, to: &Path, tell: Tell<'_>) -> Result<(), StoreError> {
        let size = |file: &Path| fs::metadata(file).map_or(0, |metadata| metadata.len());
        let whole = self.file().map_or(0, |file| size(&file).max(1));
        let mut copying = std::pin::pin!(database.copy_into(to));
        loop {
            tokio::select! {
                done = &mut copying => return done,
                () = tokio::time::sleep(LOOK_EVERY) => tell(size(to).min(whole), whole),
            }
        }
    }

    /// An SQLite file that nobody else has open. Everything is in it when the store is closed.
    pub(crate) async fn alone(file: &Path) -> Result<Self, StoreError> {
        Ok(Self::of_file(file, Sqlite::alone(file).await?))
    }

    /// A store of a file that was opened.
    pub(crate) fn of_file(file: &Path, database: Sqlite) -> Self {
        let options = Options::job(&format!("sqlite://{}", file.display()));
        let backend = Backend::Sqlite(database);
        Self { backend, options: options.into(), claim: std::sync::Arc::default(), had_log: false }
    }
}

/// Looks at a file that was just made, and takes the mark of the host away, which is of the original.
async fn looked_at(file: &Path) -> Result<BackedUp, StoreError> {
    let database = Sqlite::alone(file).await?;
    database.set_mark(0).await?;
    let faults = database.faults().await?;
    let made = Store::of_file(file, database);
    let schema = made.applied_migrations().await?.last().map_or(0, |migration| migration.version);
    let backed_up = match faults.first() {
        Some(fault) => {
            let reason =
                format!("the database is damaged, and so would be its backup, which was not kept: {fault}");
            Err(StoreError::Refused { reason })
        }
        None => Ok(BackedUp {
            bytes: fs::metadata(file).map_or(0, |metadata| metadata.len()),
            schema,
            revision: made.revision().await?,
            audit: made.audit_head().await?,
        }),
    };
    made.close().await;
    backed_up
}

/// Copies a database into another one by its address, which must be empty. All or nothing: whatever fails, whenever the
/// process is killed, the other one is as it was. `accept` copies a ledger that does not add up.
pub async fn copy_database(
    from: &Store,
    to: &str,
    accept: bool,
    tell: Tell<'_>,
) -> Result<Copied, StoreError> {
    let Some(file) = sqlite_file(to)? else {
        let to = Store::open(to).await?;
        let copied = copy(from, &to, (false, accept), tell).await;
        to.close().await;
        return copied;
    };
    let file = files::real(&file).map_err(|error| unusable(&file, &error))?;
    if from.embedded().is_some_and(|(_, own)| own == file) {
        let reason = format!("{} is the database that is read: name another one", file.display());
        return Err(StoreError::Refused { reason });
    }
    let claim = Claim::default();
    claim.take(Some(file.as_path()))?;
    if let Some(tables) = occupied(&file).await {
        return Err(StoreError::Occupied { place: file.display().to_string(), tables });
    }
    let part = Part::create(beside(&file, ".copying")).map_err(|error| unusable(&file, &error))?;
    let copy_of_rows = Store::alone(part.path()).await?;
    let copied = copy(from, &copy_of_rows, (false, accept), tell).await;
    copy_of_rows.close().await;
    let copied = copied?;
    put_in_place(part, &file, None).await?;
    Ok(copied)
}

/// The file of an address of an embedded database; none of PostgreSQL's.
pub(crate) fn sqlite_file(url: &str) -> Result<Option<std::path::PathBuf>, StoreError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    match sqlite::file(url) {
        Some(file) => Ok(Some(file)),
        None => Err(StoreError::UnusableUrl { reason: format!("{url} is no file") }),
    }
}

/// Contents of a file that must not be lost: names of the tables with rows, or that it cannot be read. Changes nothing.
pub(crate) async fn occupied(file: &Path) -> Option<String> {
    if fs::metadata(file).map_or(true, |metadata| metadata.len() == 0) && !files::has_log(file) {
        return None;
    }
    let look = async {
        let store = Store::of_file(file, Sqlite::beside_others(file).await?);
        let tables = occupied_tables(&store).await;
        store.close().await;
        tables
    };
    match look.await {
        Ok(tables) => (!tables.is_empty()).then(|| tables.join(", ")),
        Err(error) => Some(format!("a file that cannot be read ({})", cause(&error))),
    }
}

/// Names of the tables with rows.
pub(crate) async fn occupied_tables(store: &Store) -> Result<Vec<String>, StoreError> {
    let applied = store.applied_migrations().await?;
    let versions = applied.into_iter().map(|migration| migration.version).collect();
    let tables = layout::tables(&versions).await?;
    with_rows(store, &tables).await
}

fn with_rows<'a>(store: &'a Store, tables: &'a [layout::Table]) -> StoreFuture<'a, Vec<String>> {
    on_backend!(store, occupied(tables))
}

/// Puts a whole file in the place of a database, which the caller has claimed; at no moment is there half of either. If
/// `kept` is given, the database that was there goes on under that name.
pub(crate) async fn put_in_place(part: Part, database: &Path, kept: Option<&Path>) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| unusable(database, &error);
    if database.exists() {
        match settle(database).await {
            Err(StoreError::Unavailable { reason }) if reason.contains("locked") => {
                let reason = format!("another program has {} open: end it first", database.display());
                return Err(StoreError::Refused { reason });
            }
            // One that cannot be opened is kept as it is.
            Ok(()) | Err(_) => {}
        }
        if let Some(kept) = kept {
            // A file system without links gets a copy.
            fs::hard_link(database, kept).or_else(|_| fs::copy(database, kept).map(drop)).map_err(failed)?;
        }
    }
    // Those of another database would be taken for those of the new one.
    for side in files::SIDES {
        let left = beside(database, side);
        match kept {
            _ if !left.exists() => {}
            Some(kept) => fs::rename(left, beside(kept, side)).map_err(failed)?,
            None => fs::remove_file(left).map_err(failed)?,
        }
    }
    Note::remove(database).map_err(failed)?;
    part.place(database).map_err(failed)
}

/// Brings everything of a database into its one file, without the mark of a host.
async fn settle(database: &Path) -> Result<(), StoreError> {
    let opened = Sqlite::alone(database).await?;
    let settled = opened.set_mark(0).await;
    opened.close().await;
    settled
}

/// An error with its cause, for people.
pub(crate) fn cause(error: &StoreError) -> String {
    match error {
        StoreError::Internal(cause) => cause.to_string(),
        StoreError::Migration(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

pub(crate) fn unusable(file: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Refused { reason: format!("{}: {error}", file.display()) }
}
