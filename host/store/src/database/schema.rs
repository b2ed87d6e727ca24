//! Bringing the schema up to date, or back; see `migrations` for the two lists of what was applied.

use std::time::Duration;

use sqlx::migrate::Migrate as _;
use sqlx::{AssertSqlSafe, Connection as _};

use super::{Database, dialect};
use crate::migrations::{self, List};
use crate::{AppliedMigration, Options, StoreError};

/// Attempts at migrations whose tables others use, and the time between two of them.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(2);

impl Database {
    /// Applies the migrations that are missing. A migration waits for the locks of its tables as long as a till would, and
    /// is then tried again, so that no till waits behind it for longer.
    pub(crate) async fn migrate(&self, options: &Options) -> Result<(), StoreError> {
        let mut connection = dialect::migrating(&self.writer, options).await?;
        let connection = &mut *connection;
        // Released with the connection if anything fails.
        connection.lock().await?;
        dialect::wait_less(connection, options).await?;
        let mut left = ATTEMPTS;
        loop {
            left = left.saturating_sub(1);
            match Self::apply(connection).await {
                Err(StoreError::Unavailable { .. }) if left > 0 => tokio::time::sleep(PAUSE).await,
                outcome => {
                    let unlocked = connection.unlock().await;
                    outcome?;
                    return Ok(unlocked?);
                }
            }
        }
    }

    /// The migrations that were applied, by version; none if there is no schema.
    pub(crate) async fn applied(&self) -> Result<Vec<AppliedMigration>, StoreError> {
        let mut applied = Vec::new();
        for list in List::ALL {
            let there: i64 =
                sqlx::query_scalar(dialect::HAS_TABLE).bind(list.table()).fetch_one(&self.pool).await?;
            if there == 0 {
                continue;
            }
            let query = format!("SELECT version, description, execution_time FROM {}", list.table());
            let rows: Vec<(i64, String, i64)> =
                sqlx::query_as(AssertSqlSafe(query)).fetch_all(&self.pool).await?;
            applied.extend(rows.into_iter().map(|(version, description, took)| AppliedMigration {
                version,
                description,
                took: u64::try_from(took).ok().map(Duration::from_nanos),
            }));
        }
        applied.sort_by_key(|migration| migration.version);
        Ok(applied)
    }

    /// Refuses a schema from which a newer release has taken something away that this one needs.
    pub(crate) async fn check_schema(&self) -> Result<(), StoreError> {
        migrations::check_known(sqlx::query_as(migrations::APPLIED).fetch_all(&self.pool).await?)
    }

    async fn apply(connection: &mut dialect::Connection) -> Result<(), StoreError> {
        Self::prepare(connection).await?;
        let binding = sqlx::query_as(migrations::APPLIED).fetch_all(&mut *connection).await?;
        migrations::check_known(binding)?;
        for (list, until) in migrations::groups() {
            list.migrator().run_to(until, &mut *connection).await?;
        }
        Ok(())
    }

    /// Reverts every migration newer than `version`; 0 reverts all of them.
    pub(crate) async fn revert_to(&self, version: i64, options: &Options) -> Result<(), StoreError> {
        let mut connection = dialect::migrating(&self.writer, options).await?;
        let connection = &mut *connection;
        connection.lock().await?;
        Self::prepare(connection).await?;
        for applied in [migrations::APPLIED, migrations::ADDED] {
            migrations::check_all_known(sqlx::query_as(applied).fetch_all(&mut *connection).await?)?;
        }
        for (list, kept) in migrations::groups_to_undo(version) {
            list.migrator().undo(&mut *connection, kept).await?;
        }
        connection.unlock().await?;
        Ok(())
    }

    /// Makes the lists, and moves what is in the wrong one.
    pub(super) async fn prepare(connection: &mut dialect::Connection) -> Result<(), StoreError> {
        for list in List::ALL {
            connection.ensure_migrations_table(list.table()).await?;
        }
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql(migrations::adopt()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
