//! The statements of the communications database, which is apart from that of tills, in SQL that both databases
//! understand.

mod attribution;
mod chain_effects;
mod chain_runs;
mod chains;
mod channels;
mod consents;
mod copying;
mod cursors;
mod erasure;
mod events;
mod lag;
mod lanes;
mod leases;
mod mailings;
mod members;
mod mergers;
mod messages;
mod number_ranges;
mod outbox;
mod rates;
mod reactions;
mod segments;
mod shards;
mod surveys;
mod templates;

use std::time::Duration;

use sqlx::migrate::Migrate as _;
use sqlx::{AssertSqlSafe, Connection as _};

use super::dialect::{self, Pool, Transaction};
use crate::migrations::communications as migrations;
use crate::{AppliedMigration, Options, StoreError};

#[derive(Debug, Clone)]
pub(crate) struct Communications {
    /// Connections for reading.
    pub(in super::super) pool: Pool,
    /// Connections for writing.
    writer: Pool,
}

impl Communications {
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        let (pool, writer) = dialect::open_apart(options).await?;
        Ok(Self { pool, writer })
    }

    pub(crate) async fn migrate(&self, options: &Options) -> Result<(), StoreError> {
        let mut connection = dialect::migrating(&self.writer, options).await?;
        let connection = &mut *connection;
        // Released with the connection if anything fails.
        connection.lock().await?;
        dialect::make_apart(connection).await?;
        connection.ensure_migrations_table(migrations::TABLE).await?;
        migrations::migrator().run(&mut *connection).await?;
        Ok(connection.unlock().await?)
    }

    pub(crate) async fn revert_to(&self, version: i64, options: &Options) -> Result<(), StoreError> {
        let mut connection = dialect::migrating(&self.writer, options).await?;
        let connection = &mut *connection;
        connection.lock().await?;
        dialect::make_apart(connection).await?;
        connection.ensure_migrations_table(migrations::TABLE).await?;
        migrations::migrator().undo(&mut *connection, version).await?;
        Ok(connection.unlock().await?)
    }

    pub(crate) async fn applied(&self) -> Result<Vec<AppliedMigration>, StoreError> {
        let there: i64 =
            sqlx::query_scalar(dialect::HAS_TABLE).bind(migrations::TABLE).fetch_one(&self.pool).await?;
        if there == 0 {
            return Ok(Vec::new());
        }
        let query = format!(
            "SELECT version, description, execution_time FROM {} ORDER BY version",
            migrations::TABLE
        );
        let rows: Vec<(i64, String, i64)> =
            sqlx::query_as(AssertSqlSafe(query)).fetch_all(&self.pool).await?;
        let applied = |(version, description, took): (i64, String, i64)| AppliedMigration {
            version,
            description,
            took: u64::try_from(took).ok().map(Duration::from_nanos),
        };
        Ok(rows.into_iter().map(applied).collect())
    }

    pub(crate) async fn shrink_log(&self, options: &Options) -> Result<Option<u64>, StoreError> {
        Ok(dialect::shrink_log(&self.pool, options).await?)
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        Ok(self.pool.acquire().await?.ping().await?)
    }

    pub(crate) async fn now_ms(&self) -> Result<i64, StoreError> {
        Ok(dialect::now_ms(&self.pool).await?)
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.pool.close().await;
    }

    /// Begins a transaction that writes.
    async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(dialect::begin(&self.writer).await?)
    }
}

/// The number of a member as it is stored.
fn member_number(stored: i64) -> Result<u32, StoreError> {
    u32::try_from(stored).map_err(|_| StoreError::Damaged(format!("{stored} is no number of a member")))
}
