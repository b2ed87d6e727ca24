//! The communications database: events of members, and what is said to them. It is apart from the database of tills, so
//! that a till never waits for a mailing: a file of its own beside an embedded database, a schema of its own in
//! PostgreSQL. The files below this one forward every call to the database in use, by subject.
//!
//! Members are known by a dense number, which is given once; instants are milliseconds since 1970.

mod attribution;
mod backup;
mod chains;
mod channels;
mod consents;
mod copying;
mod erasure;
mod events;
mod mailings;
mod members;
mod messages;
mod segments;
mod surveys;
mod templates;

pub use backup::RestoringCommunications;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::files::{self, Claim};
use crate::postgres::{self, PostgresCommunications};
use crate::sqlite::{self, SqliteCommunications};
use crate::{AppliedMigration, LocalStoreFuture, Options, StoreError, StoreFuture};

/// Name of the file beside an embedded database of tills.
const FILE: &str = "communications.db";

/// A connection to the communications database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Communications {
    backend: Backend,
    options: Arc<Options>,
    claim: Arc<Claim>,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(SqliteCommunications),
    Postgres(PostgresCommunications),
}

impl Communications {
    /// The address of the communications database that belongs to a database of tills: a file beside an embedded one,
    /// memory for one in memory, and for PostgreSQL the same address, whose schema `communications` it is.
    pub fn url_beside(tills: &str) -> String {
        if !tills.starts_with("sqlite:") {
            return tills.to_owned();
        }
        let Some(file) = sqlite::file(tills) else { return "sqlite::memory:".to_owned() };
        let file = file.parent().unwrap_or(Path::new("")).join(FILE);
        format!("sqlite://{}", file.display())
    }

    /// Opens the database at `sqlite://PATH`, creating the file if there is none, or the schema `communications` at
    /// `postgres://…`. [`Communications::migrate`] creates the tables.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let backend = match options.url.split(':').next().unwrap_or_default() {
            "sqlite" => Backend::Sqlite(SqliteCommunications::open(&options).await?),
            "postgres" | "postgresql" => Backend::Postgres(PostgresCommunications::open(&options).await?),
            _ => return Err(StoreError::UnknownUrl),
        };
        Ok(Self { backend, options: Arc::new(options), claim: Arc::default() })
    }

    /// As [`Communications::open`], for the process that serves: an embedded database is claimed first, so that no other
    /// process sends the same messages.
    pub async fn open_to_serve(options: Options) -> Result<Self, StoreError> {
        let claim = Claim::default();
        let file = file_of(&options.url);
        if let Err(StoreError::InUse { owner, file }) = claim.take(file.as_deref()) {
            return Err(StoreError::SecondHost { owner, file });
        }
        Ok(Self { claim: Arc::new(claim), ..Self::open(options).await? })
    }

    /// As [`Communications::open`] for a job, but makes nothing: fails with [`StoreError::NoDatabase`] if there is no
    /// database, or nothing in it yet.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let missing = || StoreError::NoDatabase { place: crate::place(url) };
        if file_of(url).is_some_and(|file| matches!(file.try_exists(), Ok(false))) {
            return Err(missing());
        }
        let database = Self::open(Options::job(url)).await?;
        if database.applied_migrations().await?.is_empty() {
            database.close().await;
            return Err(missing());
        }
        Ok(database)
    }

    /// Makes this process the one that works with an embedded database, or fails with [`StoreError::InUse`].
    pub fn claim(&self) -> Result<(), StoreError> {
        self.claim.take(file_of(&self.options.url).as_deref())
    }

    /// Where the database is, for people, without passwords.
    pub fn place(&self) -> String {
        crate::place(&self.options.url)
    }

    /// Says which strangers may read what is stored, and how to mend that: one text each. What there is to say of a
    /// PostgreSQL server is said by [`crate::Store::exposed`].
    pub fn exposed(&self) -> Vec<String> {
        match self.backend {
            Backend::Sqlite(_) => {
                file_of(&self.options.url).map(|file| files::exposed(&file)).unwrap_or_default()
            }
            Backend::Postgres(_) => postgres::exposed(&self.options.url).into_iter().collect(),
        }
    }

    /// Applies the migrations that are missing.
    pub fn migrate(&self) -> LocalStoreFuture<'_, ()> {
        on_backend!(self, migrate(&self.options))
    }

    /// The migrations that were applied, by version; none if there are no tables yet.
    pub fn applied_migrations(&self) -> StoreFuture<'_, Vec<AppliedMigration>> {
        on_backend!(self, applied())
    }

    /// Reverts every migration newer than `version`; 0 reverts all of them.
    pub fn revert_to(&self, version: i64) -> LocalStoreFuture<'_, ()> {
        on_backend!(self, revert_to(version, &self.options))
    }

    /// Brings the write-ahead log of an embedded database to nothing if it is larger than it should be. Returns the size
    /// in bytes that it had then.
    pub fn shrink_log(&self) -> StoreFuture<'_, Option<u64>> {
        on_backend!(self, shrink_log(&self.options))
    }

    /// Checks that the database answers.
    pub fn check(&self) -> StoreFuture<'_, ()> {
        on_backend!(self, check())
    }

    /// The time by the clock of the database, in milliseconds since 1970: the one clock that all nodes share.
    pub fn now_ms(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, now_ms())
    }

    /// Waits for statements that are under way and closes the connections.
    pub fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        on_backend!(self, close())
    }
}

fn file_of(url: &str) -> Option<PathBuf> {
    if url.starts_with("sqlite:") { sqlite::file(url) } else { None }
}
