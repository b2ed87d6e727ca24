//! The embedded database.

#[path = "database/shared.rs"]
mod database;
mod embedded;
mod group;
mod limit;

pub(crate) use database::Database as Sqlite;
pub(crate) use database::communications::Communications as SqliteCommunications;
pub(crate) use dialect::file;

mod dialect {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::str::FromStr as _;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use sqlx::pool::PoolConnection;
    use sqlx::sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
        SqliteSynchronous,
    };
    use sqlx::{ConnectOptions as _, Connection as _, Sqlite};

    use super::group;
    use super::limit::Limit;
    use crate::files::beside;
    use crate::{Options, StoreError};

    pub(super) type QueryBuilder = sqlx::QueryBuilder<Sqlite>;
    pub(super) type DatabaseRow = sqlx::sqlite::SqliteRow;
    pub(super) type Pool = SqlitePool;
    pub(super) type Transaction = group::Transaction;
    pub(super) type Writers = group::Writers;
    pub(super) type Connection = SqliteConnection;

    /// Connections for reading at most. Readers wait neither for each other nor for the writer; more
    /// connections would only cost memory.
    const READERS_MAX: u32 = 8;
    /// The longest time that shrinking the write-ahead log keeps writers waiting.
    const SHRINK_WAIT: Duration = Duration::from_millis(200);

    /// Pools for reading and for writing. One connection writes: the writers of this process queue for it in
    /// their order, where SQLite itself would have them poll.
    pub(super) async fn open(options: &Options) -> Result<(Pool, Pool), StoreError> {
        let (writer, readers, connect) = pools(options)?;
        // A database in memory belongs to its connection, so there must be one that is never closed.
        if file(&options.url).is_none() {
            let writer = writer.connect_with(connect).await?;
            return Ok((writer.clone(), writer));
        }
        let writer = writer.connect_with(connect.clone()).await?;
        Ok((readers.connect_with(connect).await?, writer))
    }

    /// As [`open`]: what is apart has a file of its own. It is opened when it is used, for tills are served without it.
    pub(super) async fn open_apart(options: &Options) -> Result<(Pool, Pool), StoreError> {
        if file(&options.url).is_none() {
            return open(options).await;
        }
        let (writer, readers, connect) = pools(options)?;
        let writer = writer.min_connections(0).connect_lazy_with(connect.clone());
        // The file is made at once if it can be. If it cannot, whoever uses it is told.
        let _ = writer.acquire().await;
        Ok((readers.min_connections(0).connect_lazy_with(connect), writer))
    }

    /// The pools of [`open`], that for writing first, and what their connections are.
    fn pools(
        options: &Options,
    ) -> Result<(SqlitePoolOptions, SqlitePoolOptions, SqliteConnectOptions), StoreError> {
        let connect = SqliteConnectOptions::from_str(&options.url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("journal_size_limit", options.log_bytes.to_string())
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.lock);
        let wait = options.lock;
        // A connection to a file is not lost as one to a server is, so it is not tried before each use: that would take
        // as long as a small statement.
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .acquire_timeout(wait)
        };
        let writer = pool(1).after_release(|connection, _| Box::pin(is_free(connection)));
        let limit = Limit::new(options.statement);
        let started = limit.clone();
        let readers = pool(READERS_MAX)
            .after_connect(move |connection, _| {
                let limit = started.clone();
                Box::pin(async move { limit.start(connection).await })
            })
            .after_release(move |connection, _| {
                let limit = limit.clone();
                Box::pin(async move {
                    limit.restart(connection).await?;
                    is_free(connection).await
                })
            });
        Ok((writer, readers, connect))
    }

    /// Does nothing: a file of its own is there already.
    #[expect(clippy::unused_async, reason = "the other database has something to make")]
    pub(super) async fn make_apart(_: &mut SqliteConnection) -> sqlx::Result<()> {
        Ok(())
    }

    /// Options to open a file that no host serves.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Access {
        /// By this process alone: everything is brought into the one file, and nothing waits for the disk. It fails if
        /// another program has the file open.
        Alone,
        /// As it is, beside others.
        Shared,
        /// Without a change of any file; the file must be whole, and nobody may change it.
        ReadOnly,
    }

    /// A single connection to a file.
    pub(super) async fn open_file(file: &Path, access: Access) -> Result<Pool, StoreError> {
        let connect = SqliteConnectOptions::new().filename(file).foreign_keys(true);
        let connect = match access {
            Access::Alone => connect
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Delete)
                .synchronous(SqliteSynchronous::Off),
            Access::Shared => connect,
            Access::ReadOnly => connect.read_only(true).immutable(true),
        };
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        Ok(pool.connect_with(connect).await?)
    }

    /// Whether a connection can serve its next user. After an error of the disk SQLite has rolled back by itself, so that
    /// the rollback of the transaction fails, and the connection counts as inside it for ever.
    async fn is_free(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
        if connection.is_in_transaction() {
            // It may be under way.
            connection.ping().await?;
        }
        Ok(!connection.is_in_transaction())
    }

    /// The file of a database; none of one in memory.
    pub(crate) fn file(url: &str) -> Option<PathBuf> {
        if url.contains(":memory:") || url.contains("mode=memory") {
            return None;
        }
        let options = SqliteConnectOptions::from_str(url).ok()?;
        Some(options.get_filename().to_owned())
    }

    /// Brings the write-ahead log to nothing if it is larger than it should be. A reader of an old state is not waited
    /// for; the next call tries again. Returns the size in bytes that it had if that was too large.
    pub(super) async fn shrink_log(pool: &Pool, options: &Options) -> sqlx::Result<Option<u64>> {
        let Some(file) = file(&options.url) else { return Ok(None) };
        let bytes = fs::metadata(beside(&file, "-wal")).map_or(0, |metadata| metadata.len());
        if bytes <= options.log_bytes {
            return Ok(None);
        }
        // Of its own, so that no caller of the pool waits for readers as long as tills wait for a lock.
        let connect = (*pool.connect_options()).clone().busy_timeout(SHRINK_WAIT);
        let mut connection = connect.connect().await?;
        let shrunk = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut connection).await;
        connection.close().await?;
        shrunk.map(|_| Some(bytes))
    }

    /// A connection for migrations, which no other run of this process has.
    pub(super) async fn migrating(writer: &Pool, _: &Options) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(writer.acquire().await?)
    }

    /// Migrations wait for other writers as those do.
    #[expect(clippy::unused_async, reason = "the other database has something to set")]
    pub(super) async fn wait_less(_: &mut SqliteConnection, _: &Options) -> sqlx::Result<()> {
        Ok(())
    }

    /// Milliseconds since 1970: the clock of the database is that of the one machine that has its file open.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn now_ms(_: &Pool) -> sqlx::Result<i64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// The place of a row in the results feed: rows are added by one writer, each behind all others.
    pub(super) const FEED_POSITION: &str = "rowid";
    /// False: reading the feed writes nothing.
    pub(super) const NUMBERS_FEED: bool = false;

    /// The tables with a column of a name.
    pub(super) const TABLES_WITH_COLUMN: &str = "
        SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
        WHERE m.type = 'table' AND c.name = $1";

    /// The unique indexes of a table with their columns, the primary key among them.
    pub(super) const UNIQUE_COLUMNS: &str = "
        SELECT l.name, c.name FROM pragma_index_list($1) AS l JOIN pragma_index_info(l.name) AS c
        WHERE l.\"unique\" = 1
        UNION ALL
        SELECT '(key)', t.name FROM pragma_table_info($1) AS t
        WHERE t.pk > 0 AND NOT EXISTS (SELECT 1 FROM pragma_index_list($1) WHERE origin = 'pk')";

    /// Counts the tables with a name: 0 or 1.
    pub(super) const HAS_TABLE: &str =
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1";

    /// At the end of a query: nobody changes its rows before the transaction ends. There is one writer, who is that.
    pub(super) const UNCHANGED: &str = "";

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
        Ok(Transaction::alone(pool.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// As `begin`, for a transaction of a few statements: those of the same time are committed together.
    pub(super) async fn begin_short(_: &Pool, writers: &Writers) -> sqlx::Result<Transaction> {
        writers.begin().await
    }

    /// A transaction for reading: all its queries see the state of the first one.
    pub(super) async fn begin_snapshot(pool: &Pool) -> sqlx::Result<Transaction> {
        Ok(Transaction::alone(pool.begin().await?))
    }

    /// Does nothing: there is one writer.
    #[expect(clippy::unused_async, reason = "the other database has something to wait for")]
    pub(super) async fn lock_revisions(_: &mut Transaction) -> sqlx::Result<()> {
        Ok(())
    }
}
