//! The embedded database.

#[path = "database/shared.rs"]
mod database;

pub(crate) use database::Database as Sqlite;

mod dialect {
    use std::str::FromStr as _;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use sqlx::Connection as _;
    use sqlx::sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
        SqliteTransaction,
    };

    pub(super) type QueryBuilder = sqlx::QueryBuilder<sqlx::Sqlite>;
    pub(super) type DatabaseRow = sqlx::sqlite::SqliteRow;
    pub(super) type Pool = SqlitePool;
    pub(super) type Transaction = SqliteTransaction<'static>;

    /// The longest time that a writer waits for the writer before it.
    const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
    /// Connections for reading at most. Readers wait neither for each other nor for the writer; more
    /// connections would only cost memory.
    const READERS_MAX: u32 = 8;

    /// Pools for reading and for writing. One connection writes: the writers of this process queue for it in
    /// their order, where SQLite itself would have them poll.
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
        // A database in memory belongs to its connection, so there must be one that is never closed.
        if url.contains(":memory:") {
            let writer = pool(1).connect_with(options).await?;
            return Ok((writer.clone(), writer));
        }
        // After an error of the disk SQLite has rolled back by itself, so that the rollback of the transaction fails,
        // and the connection counts as inside it for ever.
        let usable = |connections| {
            pool(connections).after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        };
        let writer = usable(1).connect_with(options.clone()).await?;
        Ok((usable(READERS_MAX).connect_with(options).await?, writer))
    }

    /// Milliseconds since 1970: the clock of the database is that of the one machine that has its file open.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn now_ms(_: &Pool) -> sqlx::Result<i64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Milliseconds since 1970.
    pub(super) const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    /// Does nothing: there is one node.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn hint(_: &mut Transaction) -> sqlx::Result<()> {
        Ok(())
    }

    pub(super) async fn listen(_: &Pool, _: &(dyn Fn() + Send + Sync)) -> sqlx::Result<()> {
        std::future::pending().await
    }

    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn lock_changes(_: &Pool) -> sqlx::Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    /// Takes the write lock at once, so that the transaction cannot fail half-way because of a lock.
    pub(super) async fn begin(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// A transaction for reading: all its queries see the state of the first one.
    pub(super) async fn begin_snapshot(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin().await
    }

    /// Does nothing: there is one writer.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn lock_revisions(_: &mut Transaction) -> sqlx::Result<()> {
        Ok(())
    }
}
