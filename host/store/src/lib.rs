//! The database: catalogue, members, attributes, offers, keys, purchases and points.
//!
//! The only crate that speaks SQL. It stores documents as the JSON text that was sent and does not
//! validate them: callers validate a change as a whole, and store it here in one transaction, as a new
//! revision. They see neither rows nor types of SQL.
//!
//! Two databases, one SQL: `database/` is compiled once for SQLite and once for PostgreSQL; `sqlite.rs` and
//! `postgres.rs` have the differences. The files beside this one forward every call to the database in use,
//! by subject. Rows that several callers write at the same time (points of a member, counters of a limit,
//! a purchase) are written on condition that their version is the one that was read, and the row that all
//! of them need is written first, so that they wait for each other.

#![expect(
    clippy::duplicate_mod,
    reason = "the SQL is written once and compiled for each database, where types keep it apart"
)]

mod error;
mod files;
mod migrations;
mod options;
mod postgres;
mod records;
mod scope;
mod sqlite;

pub use error::StoreError;
pub use options::Options;
pub use records::*;
pub use scope::{is_till_id, scope_of, scoped_id, till_id};

use std::path::PathBuf;
use std::sync::Arc;

use files::Claim;
use postgres::Postgres;
use sqlite::Sqlite;

/// A connection to the database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    options: Arc<Options>,
    claim: Arc<Claim>,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Forwards a call to the database in use.
macro_rules! on_backend {
    ($store:expr, $method:ident ( $($argument:expr),* )) => {
        match &$store.backend {
            Backend::Sqlite(database) => database.$method($($argument),*).await,
            Backend::Postgres(database) => database.$method($($argument),*).await,
        }
    };
}

// After the macro, which they use.
mod audiences;
mod audit;
mod backtests;
mod catalog;
mod coupons;
mod imports;
mod keys;
mod mechanics;
mod members;
mod offers;
mod points;
mod purchases;
mod results;
mod retention;

pub use mechanics::ChangesLock;
pub use members::MergeAttributes;

impl Store {
    /// Opens the database of a job at `sqlite://PATH`, creating the file if there is none, or at
    /// `postgres://…`; `sqlite::memory:` is a database for this process alone. [`Store::migrate`] creates
    /// the schema.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(Options::job(url)).await
    }

    /// As [`Store::open`], with limits on what a caller waits for.
    pub async fn open_with(options: Options) -> Result<Self, StoreError> {
        let backend = match options.url.split(':').next().unwrap_or_default() {
            "sqlite" => Backend::Sqlite(Sqlite::open(&options).await?),
            "postgres" | "postgresql" => Backend::Postgres(Postgres::open(&options).await?),
            _ => return Err(StoreError::UnknownUrl),
        };
        Ok(Self { backend, options: Arc::new(options), claim: Arc::default() })
    }

    /// Makes this process the one that serves an embedded database, or fails with [`StoreError::InUse`]. The claim ends
    /// with the process, however that ends. Many processes may serve one PostgreSQL database.
    pub fn claim(&self) -> Result<(), StoreError> {
        self.claim.take(self.file().as_deref())
    }

    /// Says which strangers may read what is stored, and how to mend that: one text each.
    pub fn exposed(&self) -> Vec<String> {
        match self.backend {
            Backend::Sqlite(_) => self.file().map(|file| files::exposed(&file)).unwrap_or_default(),
            Backend::Postgres(_) => postgres::exposed(&self.options.url).into_iter().collect(),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        matches!(self.backend, Backend::Sqlite(_)).then(|| sqlite::file(&self.options.url)).flatten()
    }

    /// Applies the migrations that are missing.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        on_backend!(self, migrate(&self.options))
    }

    /// Reverts every migration newer than `version`; 0 reverts all of them.
    pub async fn revert_to(&self, version: i64) -> Result<(), StoreError> {
        on_backend!(self, revert_to(version, &self.options))
    }

    /// Brings the write-ahead log of an embedded database to nothing if it is larger than it should be. Returns the size
    /// in bytes that it had then.
    pub async fn shrink_log(&self) -> Result<Option<u64>, StoreError> {
        on_backend!(self, shrink_log(&self.options))
    }

    /// Checks that the database answers, and that it can be written. It writes at most once a second.
    pub async fn check(&self) -> Result<(), StoreError> {
        on_backend!(self, check())
    }

    /// Waits for statements that are under way and closes the connections.
    pub async fn close(&self) {
        on_backend!(self, close())
    }

    /// Currency and exponents of the amounts in this database; none before the first start.
    pub async fn scales(&self) -> Result<Option<Scales>, StoreError> {
        on_backend!(self, scales())
    }

    /// Writes what the amounts are counted in, unless it is written already.
    pub async fn write_scales(&self, scales: &Scales) -> Result<(), StoreError> {
        on_backend!(self, write_scales(scales))
    }

    /// The time by the clock of the database, in seconds since 1970: the one clock that all nodes share.
    pub async fn now(&self) -> Result<i64, StoreError> {
        Ok(self.now_ms().await?.div_euclid(1000))
    }

    /// As [`Store::now`], in milliseconds.
    pub async fn now_ms(&self) -> Result<i64, StoreError> {
        on_backend!(self, now_ms())
    }

    /// The latest revision; 0 before the first change.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        on_backend!(self, revision())
    }

    /// The latest revision at a time; 0 before the first.
    pub async fn revision_at(&self, time: i64) -> Result<Revision, StoreError> {
        on_backend!(self, revision_at(time))
    }
}
