//! The embedded database.

#[path = "database/shared.rs"]
mod database;

pub(crate) use database::Database as Sqlite;

mod dialect {
    use std::str::FromStr as _;
    use std::time::Duration;

    use sqlx::sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
        SqliteTransaction,
    };

    pub(super) type QueryBuilder = sqlx::QueryBuilder<sqlx::Sqlite>;
    pub(super) type Pool = SqlitePool;
    pub(super) type Transaction = SqliteTransaction<'static>;

    /// How long a writer waits for the one before it.
    const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
    /// Readers do not wait for each other or for the writer; more connections than this only cost
    /// memory.
    const READERS_MAX: u32 = 8;

    /// One connection writes: writers of this process queue in front of it in the order in which
    /// they came, where SQLite would have them try again and again.
    pub(super) async fn open(url: &str) -> sqlx::Result<(Pool, Pool)> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(BUSY_TIMEOUT)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        // A database in memory belongs to its connection: it must be one, and must stay.
        if url.contains(":memory:") {
            return Ok((writer.clone(), writer));
        }
        Ok((pool(READERS_MAX).connect_with(options).await?, writer))
    }

    /// Milliseconds since 1970.
    pub(super) const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    /// There is one node.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn hint(_: &mut Transaction) -> sqlx::Result<()> {
        Ok(())
    }

    pub(super) async fn listen(_: &Pool, _: &(dyn Fn() + Send + Sync)) -> sqlx::Result<()> {
        std::future::pending().await
    }

    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn turn(_: &Pool) -> sqlx::Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    /// Takes the write lock at once, so that it cannot fail half-way by a lock.
    pub(super) async fn begin(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// A transaction sees what was there at its first query.
    pub(super) async fn begin_snapshot(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin().await
    }

    /// There is one writer anyway.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn lock_revisions(_: &mut Transaction) -> sqlx::Result<()> {
        Ok(())
    }
}
