//! PostgreSQL, for many nodes.

#[path = "database/shared.rs"]
mod database;

pub(crate) use database::Database as Postgres;

mod dialect {
    use std::time::Duration;

    use sqlx::postgres::{PgPool, PgPoolOptions, PgTransaction};

    pub(super) type QueryBuilder = sqlx::QueryBuilder<sqlx::Postgres>;
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

    pub(super) async fn begin(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin().await
    }

    pub(super) async fn begin_snapshot(pool: &Pool) -> sqlx::Result<Transaction> {
        pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Changes wait for each other; readers do not wait.
    pub(super) async fn lock_revisions(transaction: &mut Transaction) -> sqlx::Result<()> {
        sqlx::query("LOCK TABLE revisions IN EXCLUSIVE MODE").execute(&mut **transaction).await?;
        Ok(())
    }
}
