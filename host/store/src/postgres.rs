//! PostgreSQL, for many nodes.

#[path = "database/shared.rs"]
mod database;

pub(crate) use database::Database as Postgres;

mod dialect {
    use std::time::Duration;

    use sqlx::postgres::{PgListener, PgPool, PgPoolOptions, PgTransaction};

    pub(super) type QueryBuilder = sqlx::QueryBuilder<sqlx::Postgres>;
    pub(super) type DatabaseRow = sqlx::postgres::PgRow;
    pub(super) type Pool = PgPool;
    pub(super) type Transaction = PgTransaction<'static>;

    const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
    const CONNECTIONS_MAX: u32 = 16;

    pub(super) async fn open(url: &str) -> sqlx::Result<(Pool, Pool)> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect(url)
            .await?;
        Ok((pool.clone(), pool))
    }

    /// Milliseconds since 1970, by the clock of the server, whatever those of the nodes say.
    pub(super) async fn now_ms(pool: &Pool) -> sqlx::Result<i64> {
        let query = format!("SELECT {NOW_MS}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(pool).await
    }

    /// Milliseconds since 1970.
    pub(super) const NOW_MS: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
    const CHANNEL: &str = "offer_host";
    /// Key of the advisory lock of changes: any number that nothing else uses.
    const CHANGES_LOCK: i64 = 0x6f66_6665_7268_6f73;

    pub(super) async fn begin(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin().await
    }

    pub(super) async fn begin_snapshot(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Notifies the other nodes of a change, once the transaction is committed.
    pub(super) async fn hint(transaction: &mut Transaction) -> sqlx::Result<()> {
        sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut **transaction).await?;
        Ok(())
    }

    pub(super) async fn listen(pool: &Pool, heard: &(dyn Fn() + Send + Sync)) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            listener.recv().await?;
            heard();
        }
    }

    /// Waits for the lock of changes. A connection of its own holds it until the transaction or the process
    /// ends, or until the process was stopped for longer than any change takes.
    pub(super) async fn lock_changes(pool: &Pool) -> sqlx::Result<Box<dyn Send + Sync>> {
        let mut transaction = pool.begin().await?;
        sqlx::query("SET LOCAL idle_in_transaction_session_timeout = '60s'")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CHANGES_LOCK).execute(&mut *transaction).await?;
        Ok(Box::new(transaction))
    }

    /// Makes other changes wait until the transaction ends; readers do not wait.
    pub(super) async fn lock_revisions(transaction: &mut Transaction) -> sqlx::Result<()> {
        sqlx::query("LOCK TABLE revisions IN EXCLUSIVE MODE").execute(&mut **transaction).await?;
        Ok(())
    }
}
