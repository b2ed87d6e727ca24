//! The embedded database.

mod catalog;
mod keys;
mod members;
mod offers;
mod purchases;

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous, SqliteTransaction,
};
use sqlx::{Connection as _, SqlitePool};

use crate::{Revision, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How long a writer waits for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers do not wait for each other or for the writer; more connections than this only cost memory.
const CONNECTIONS_MAX: u32 = 8;

#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    pool: SqlitePool,
}

impl Sqlite {
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        // WAL with NORMAL keeps the file whole whatever happens, and everything after a crash of the
        // process. A power failure may take the last commits: calculations, which tills simply send
        // again, but imports and offers too.
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        // A database in memory belongs to its connection: it must be one, and must stay.
        let in_memory = url.contains(":memory:");
        let pool = SqlitePoolOptions::new()
            .max_connections(if in_memory { 1 } else { CONNECTIONS_MAX })
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    pub(crate) async fn migrate(&self) -> Result<(), StoreError> {
        Ok(MIGRATIONS.run(&self.pool).await?)
    }

    pub(crate) async fn revert_to(&self, version: i64) -> Result<(), StoreError> {
        Ok(MIGRATIONS.undo(&self.pool, version).await?)
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.pool.acquire().await?.ping().await?)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn revision(&self) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(revision), 0) FROM revisions";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// Starts a change: takes the write lock at once, so that it cannot fail half-way by a lock.
    async fn begin_change(&self, change: &str, at: i64) -> Result<Change, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let revision = sqlx::query_scalar(
            "INSERT INTO revisions (revision, change, created_at)
             SELECT COALESCE(MAX(revision), 0) + 1, $1, $2 FROM revisions RETURNING revision",
        )
        .bind(change)
        .bind(at)
        .fetch_one(&mut *transaction)
        .await?;
        Ok(Change { transaction, revision })
    }
}

/// A change under way: dropped unless committed.
struct Change {
    transaction: SqliteTransaction<'static>,
    revision: Revision,
}

impl Change {
    async fn commit(self) -> Result<Revision, StoreError> {
        self.transaction.commit().await?;
        Ok(self.revision)
    }
}
