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
mod layout;
mod migrations;
mod noted;
mod options;
mod postgres;
mod records;
mod scope;
mod sqlite;

pub use error::StoreError;
pub use migrations::latest_migration;
pub use options::Options;
pub use records::*;
pub use scope::{is_till_id, scope_of, scoped_id, till_id};

use std::path::PathBuf;
use std::pin::Pin;
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
    /// A write-ahead log with something in it lay beside the file before this process opened it.
    had_log: bool,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// A call of the database that is under way. It is put together here and boxed, and not where it is awaited: the
/// compiler makes the code of an `async fn` in each crate that awaits it, and so would compile all statements of both
/// databases in every crate above this one.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// As [`StoreFuture`], of a call that stays in one thread.
pub type LocalStoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + 'a>>;

/// Forwards a call to the database in use.
macro_rules! on_backend {
    ($store:expr, $method:ident ( $($argument:expr),* )) => {
        match &$store.backend {
            Backend::Sqlite(database) => Box::pin(database.$method($($argument),*)),
            Backend::Postgres(database) => Box::pin(database.$method($($argument),*)),
        }
    };
}

// After the macro, which they use.
mod audiences;
mod audit;
mod backtests;
mod backup;
mod catalog;
mod communications;
mod copying;
mod coupons;
mod imports;
mod keys;
mod losses;
mod mechanics;
mod members;
mod offers;
mod points;
mod purchases;
mod restore;
mod results;
mod retention;
mod schema;
mod till_messages;

pub use backup::{BackedUp, copy_database};
pub use communications::{Communications, RestoringCommunications};
pub use copying::{Copied, Tell};
pub use losses::Loss;
pub use mechanics::ChangesLock;
pub use members::MergeAttributes;
pub use restore::{Restored, Restoring};

impl Store {
    /// Opens the database of a job at `sqlite://PATH`, creating the file if there is none, or at
    /// `postgres://…`; `sqlite::memory:` is a database for this process alone. [`Store::migrate`] creates
    /// the schema.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(Options::job(url)).await
    }

    /// As [`Store::open`], but makes nothing: fails with [`StoreError::NoDatabase`] if there is no database, or nothing
    /// in it yet.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let options = Options::job(url);
        let file = if url.starts_with("sqlite:") { sqlite::file(url) } else { None };
        // A file that cannot be looked at is told by the attempt to open it.
        if file.is_some_and(|file| matches!(file.try_exists(), Ok(false))) {
            return Err(StoreError::NoDatabase { place: place(url) });
        }
        let store = Self::open_with(options).await?;
        if store.has_schema().await? {
            return Ok(store);
        }
        let place = store.place();
        store.close().await;
        Err(StoreError::NoDatabase { place })
    }

    /// As [`Store::open_with`], for the process that serves: an embedded database is claimed (see [`Store::claim`]) before
    /// it is opened, so that no restore puts another file in its place in between.
    pub async fn open_to_serve(options: Options) -> Result<Self, StoreError> {
        let claim = Claim::default();
        let file = if options.url.starts_with("sqlite:") { sqlite::file(&options.url) } else { None };
        // Other failures are told by opening it.
        if let Err(StoreError::InUse { owner, file }) = claim.take(file.as_deref()) {
            return Err(StoreError::SecondHost { owner, file });
        }
        let store = Self { claim: Arc::new(claim), ..Self::open_with(options).await? };
        store.claim()?;
        Ok(store)
    }

    /// As [`Store::open`], with limits on what a caller waits for.
    pub async fn open_with(options: Options) -> Result<Self, StoreError> {
        let mut had_log = false;
        let backend = match options.url.split(':').next().unwrap_or_default() {
            "sqlite" => {
                had_log = sqlite::file(&options.url).is_some_and(|file| files::has_log(&file));
                Backend::Sqlite(Sqlite::open(&options).await?)
            }
            "postgres" | "postgresql" => Backend::Postgres(Postgres::open(&options).await?),
            _ => return Err(StoreError::UnknownUrl),
        };
        Ok(Self { backend, options: Arc::new(options), claim: Arc::default(), had_log })
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

    /// Where the database is, for people: its file with the whole path, or server and name, without passwords.
    pub fn place(&self) -> String {
        place(&self.options.url)
    }

    /// True once somebody has made the schema, until it is undone.
    async fn has_schema(&self) -> Result<bool, StoreError> {
        Ok(!self.applied_migrations().await?.is_empty())
    }

    fn file(&self) -> Option<PathBuf> {
        matches!(self.backend, Backend::Sqlite(_)).then(|| sqlite::file(&self.options.url)).flatten()
    }

    /// Applies the migrations that are missing.
    pub fn migrate(&self) -> LocalStoreFuture<'_, ()> {
        on_backend!(self, migrate(&self.options))
    }

    /// Refuses a schema that this release cannot live with.
    fn check_schema(&self) -> StoreFuture<'_, ()> {
        on_backend!(self, check_schema())
    }

    /// Reverts every migration newer than `version`, which must be one; 0 reverts all of them.
    pub async fn revert_to(&self, version: i64) -> Result<(), StoreError> {
        self.check_version(version).await?;
        self.reverted_to(version).await
    }

    fn reverted_to(&self, version: i64) -> LocalStoreFuture<'_, ()> {
        on_backend!(self, revert_to(version, &self.options))
    }

    /// Brings the write-ahead log of an embedded database to nothing if it is larger than it should be. Returns the size
    /// in bytes that it had then.
    pub fn shrink_log(&self) -> StoreFuture<'_, Option<u64>> {
        on_backend!(self, shrink_log(&self.options))
    }

    /// Checks that the database answers, and that it can be written. It writes at most once a second.
    pub fn check(&self) -> StoreFuture<'_, ()> {
        on_backend!(self, check())
    }

    /// Waits for statements that are under way and closes the connections.
    pub fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        on_backend!(self, close())
    }

    /// Currency and exponents of the amounts in this database; none before the first start.
    pub fn scales(&self) -> StoreFuture<'_, Option<Scales>> {
        on_backend!(self, scales())
    }

    /// Writes what the amounts are counted in, unless it is written already.
    pub fn write_scales<'a>(&'a self, scales: &'a Scales) -> StoreFuture<'a, ()> {
        on_backend!(self, write_scales(scales))
    }

    /// The time by the clock of the database, in seconds since 1970: the one clock that all nodes share.
    pub async fn now(&self) -> Result<i64, StoreError> {
        Ok(self.now_ms().await?.div_euclid(1000))
    }

    /// As [`Store::now`], in milliseconds.
    pub fn now_ms(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, now_ms())
    }

    /// The latest revision; 0 before the first change.
    pub fn revision(&self) -> StoreFuture<'_, Revision> {
        on_backend!(self, revision())
    }

    /// The latest revision at a time; 0 before the first.
    pub fn revision_at(&self, time: i64) -> StoreFuture<'_, Revision> {
        on_backend!(self, revision_at(time))
    }
}

/// Where the database at an address is, for people.
fn place(url: &str) -> String {
    if !url.starts_with("sqlite:") {
        return postgres::place(url).unwrap_or_else(|| "this address".to_owned());
    }
    let Some(file) = sqlite::file(url) else { return "memory, of this process alone".to_owned() };
    std::path::absolute(&file).unwrap_or(file).display().to_string()
}
