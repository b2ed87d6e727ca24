//! Restoring a database from a backup: it is copied and checked first, and then put in place at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::backup::{cause, occupied, occupied_tables, put_in_place, sqlite_file, unusable};
use crate::copying::{Tell, copy};
use crate::files::{self, Claim, Part, beside};
use crate::sqlite::Sqlite;
use crate::{Loss, Store, StoreError};

/// Hosts that were heard of within this time may be serving a PostgreSQL database.
const SERVING_MS: i64 = 30_000;

/// A backup that was copied and can be read, but is not yet in place. Dropping it leaves everything as it was.
#[derive(Debug)]
pub struct Restoring {
    store: Store,
    target: Target,
    replace: bool,
    loss: Option<Loss>,
    /// The latest migration of the backup.
    schema: i64,
}

#[derive(Debug)]
enum Target {
    /// The database, what will take its place, and the right to serve it: no host starts meanwhile.
    File(PathBuf, Part, Claim),
    Server(Store),
    /// It is only looked at.
    Nowhere,
}

/// A restored database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where it is, for people.
    pub place: String,
    /// The file that has what was there before; none if nothing was.
    pub kept: Option<PathBuf>,
}

impl Restoring {
    /// Makes ready to restore the database at `url` from a backup. Refuses one that a host serves, one that has data
    /// unless `replace` says so, and a file that is damaged or no database of a host.
    pub async fn begin(backup: &Path, url: &str, replace: bool) -> Result<Self, StoreError> {
        let (store, target) = match sqlite_file(url)? {
            Some(file) => Self::into_file(backup, &file, replace).await?,
            None => Self::into_server(backup, url, replace).await?,
        };
        Self::checked(backup, Self { store, target, replace, loss: None, schema: 0 }).await
    }

    async fn checked(backup: &Path, mut restoring: Self) -> Result<Self, StoreError> {
        match restoring.check().await {
            Ok((loss, schema)) => {
                restoring.loss = loss;
                restoring.schema = schema;
                Ok(restoring)
            }
            Err(error) => {
                restoring.store.close().await;
                let reason = format!("{} cannot be restored: {}", backup.display(), cause(&error));
                Err(StoreError::Refused { reason })
            }
        }
    }

    /// Makes ready to look at a backup, which is not copied and goes nowhere.
    pub async fn look(backup: &Path) -> Result<Self, StoreError> {
        let store = Self::open_whole(backup).await?;
        let target = Target::Nowhere;
        Self::checked(backup, Self { store, target, replace: false, loss: None, schema: 0 }).await
    }

    async fn into_file(backup: &Path, file: &Path, replace: bool) -> Result<(Store, Target), StoreError> {
        let claim = Claim::default();
        claim.take(Some(file))?;
        let file = files::real(file).map_err(|error| unusable(file, &error))?;
        if files::real(backup).is_ok_and(|backup| backup == file) {
            let reason = format!("{} is the database itself", backup.display());
            return Err(StoreError::Refused { reason });
        }
        if !replace && let Some(tables) = occupied(&file).await {
            return Err(StoreError::Occupied { place: file.display().to_string(), tables });
        }
        let part = Part::create(beside(&file, ".restoring"));
        let mut part = part.map_err(|error| unusable(&file, &error))?;
        part.copy_from(backup).map_err(|error| unusable(backup, &error))?;
        let opened = Sqlite::alone(part.path()).await.map_err(|error| unreadable(backup, &error))?;
        Ok((Store::of_file(part.path(), opened), Target::File(file, part, claim)))
    }

    async fn into_server(backup: &Path, url: &str, replace: bool) -> Result<(Store, Target), StoreError> {
        let store = Self::open_whole(backup).await?;
        let server = Store::open(url).await?;
        if server.has_schema().await? {
            let serving = server.nodes().await?.into_iter().find(|node| node.silent_ms < SERVING_MS);
            if let Some(node) = serving {
                let reason = format!(
                    "a host at {} serves {}: stop all of them first, and wait {} s after a kill",
                    node.address,
                    server.place(),
                    SERVING_MS / 1000
                );
                return Err(StoreError::Refused { reason });
            }
        }
        let tables = if replace { Vec::new() } else { occupied_tables(&server).await? };
        if !tables.is_empty() {
            return Err(StoreError::Occupied { place: server.place(), tables: tables.join(", ") });
        }
        Ok((store, Target::Server(server)))
    }

    /// Opens a backup that is one file, as it is.
    async fn open_whole(backup: &Path) -> Result<Store, StoreError> {
        if files::has_log(backup) {
            let reason = format!(
                "{} has a write-ahead log beside it: it is a copy of a database in use. Restore it to a file first, \
                 or make a backup with `offer-host backup`",
                backup.display()
            );
            return Err(StoreError::Refused { reason });
        }
        fs::metadata(backup).map_err(|error| unusable(backup, &error))?;
        let opened = Sqlite::read_only(backup).await.map_err(|error| unreadable(backup, &error))?;
        Ok(Store::of_file(backup, opened))
    }

    /// Checks the file itself and its schema, and brings what will be put in place up to date. Returns what it lacks, if that
    /// can be told, and the latest migration that it had.
    async fn check(&self) -> Result<(Option<Loss>, i64), StoreError> {
        let crate::Backend::Sqlite(database) = &self.store.backend else { return Ok((None, 0)) };
        let faults = database.faults().await?;
        if !faults.is_empty() {
            return Err(StoreError::Refused { reason: format!("it is damaged: {}", faults.join("; ")) });
        }
        if !self.store.has_schema().await? {
            let reason = "it has no tables of a host: it is empty, or something else".to_owned();
            return Err(StoreError::Refused { reason });
        }
        self.store.check_schema().await?;
        let has_mark = database.mark().await? != 0;
        let had_log = match &self.target {
            Target::File(_, part, _) => part.had_log(),
            Target::Server(_) | Target::Nowhere => false,
        };
        let applied = self.store.applied_migrations().await?;
        let schema = applied.last().map_or(0, |migration| migration.version);
        if matches!(self.target, Target::File(..)) {
            self.store.migrate().await?;
        }
        Ok(((has_mark && !had_log).then_some(Loss::WithoutLog), schema))
    }

    /// The copy, for further checks.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reason for which the backup may lack changes that were made before it.
    pub fn loss(&self) -> Option<&Loss> {
        self.loss.as_ref()
    }

    /// The latest migration of the backup.
    pub fn schema(&self) -> i64 {
        self.schema
    }

    /// Gives it up: everything is as it was.
    pub async fn give_up(self) {
        self.store.close().await;
    }

    /// Puts it in place, at once. `accept` lets rows for PostgreSQL have a ledger that does not add up.
    pub async fn finish(self, accept: bool, tell: Tell<'_>) -> Result<Restored, StoreError> {
        match self.target {
            Target::File(file, part, _claim) => {
                if let crate::Backend::Sqlite(database) = &self.store.backend {
                    database.set_mark(0).await?;
                }
                self.store.close().await;
                let kept = (self.replace && file.exists()).then(|| kept(&file));
                put_in_place(part, &file, kept.as_deref()).await?;
                Ok(Restored { place: file.display().to_string(), kept })
            }
            Target::Nowhere => {
                self.store.close().await;
                Err(StoreError::Refused { reason: "there is nothing to restore it to".to_owned() })
            }
            Target::Server(server) => {
                let copied = copy(&self.store, &server, (self.replace, accept), tell).await;
                self.store.close().await;
                server.close().await;
                copied?;
                Ok(Restored { place: server.place(), kept: None })
            }
        }
    }
}

/// The name under which the database goes on that a restored one replaces.
fn kept(file: &Path) -> PathBuf {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    beside(file, &format!(".replaced-{now}"))
}

fn unreadable(backup: &Path, error: &StoreError) -> StoreError {
    StoreError::Refused { reason: format!("{} cannot be restored: {}", backup.display(), cause(error)) }
}
