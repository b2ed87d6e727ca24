//! The parts that only a database in a file has: opening it alone, copying it while it is used, and the mark in its header.

use std::path::Path;

use sqlx::AssertSqlSafe;

use super::database::Database;
use super::database::communications::Communications;
use super::dialect::{self, Access};
use crate::{Options, StoreError};

/// The most faults of a damaged file that are told.
const FAULTS_MAX: u32 = 10;

impl Database {
    /// A file that this process alone has open. Everything is in it: no write-ahead log lies beside it, also afterwards.
    /// An empty one is made if there is none. What is written reaches the disk when the caller syncs the file.
    pub(crate) async fn alone(file: &Path) -> Result<Self, StoreError> {
        Self::of_file(file, Access::Alone).await
    }

    /// A file that others may have open.
    pub(crate) async fn beside_others(file: &Path) -> Result<Self, StoreError> {
        Self::of_file(file, Access::Shared).await
    }

    /// A file that nobody changes, this process included.
    pub(crate) async fn read_only(file: &Path) -> Result<Self, StoreError> {
        Self::of_file(file, Access::ReadOnly).await
    }

    async fn of_file(file: &Path, access: Access) -> Result<Self, StoreError> {
        let pool = dialect::open_file(file, access).await?;
        Ok(Self::of_pools(pool.clone(), pool, Options::job("").lock))
    }

    /// Copies one state of the database into a file that is empty or not there. Writers go on meanwhile.
    pub(crate) async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let file = file.to_str().ok_or_else(|| StoreError::Refused {
            reason: format!("{}: the name of the file must be UTF-8", file.display()),
        })?;
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.pool).await?;
        Ok(())
    }

    /// Faults of the file itself, for people: pages, indexes, and rows that refer to nothing.
    pub(crate) async fn faults(&self) -> Result<Vec<String>, StoreError> {
        let check = format!("PRAGMA integrity_check({FAULTS_MAX})");
        let mut found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(check)).fetch_all(&self.pool).await?;
        found.retain(|fault| fault != "ok");
        let lost: Vec<(String, Option<i64>, String, i64)> =
            sqlx::query_as("SELECT * FROM pragma_foreign_key_check LIMIT $1")
                .bind(FAULTS_MAX)
                .fetch_all(&self.pool)
                .await?;
        found.extend(lost.into_iter().map(|(table, _, parent, _)| {
            format!("a row of {table} refers to a row of {parent} that is not there")
        }));
        Ok(found)
    }

    /// The mark in the header of the file, which every copy of the file has too: 0 unless a host marked it.
    pub(crate) async fn mark(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("PRAGMA user_version").fetch_one(&self.pool).await?)
    }

    /// Writes the mark, of 31 bits, and brings it from the write-ahead log into the file unless a reader prevents that.
    pub(crate) async fn set_mark(&self, mark: i64) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        let set = format!("PRAGMA user_version = {mark}");
        sqlx::query(AssertSqlSafe(set)).execute(&mut *connection).await?;
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_all(&mut *connection).await?;
        Ok(())
    }

    /// Number of the last entry of the ledger, in the order of writing. Entries are never removed, so it only grows.
    pub(crate) async fn last_entry(&self) -> Result<i64, StoreError> {
        let last = "SELECT COALESCE(MAX(rowid), 0) FROM point_entries";
        Ok(sqlx::query_scalar(last).fetch_one(&self.pool).await?)
    }
}

impl Communications {
    /// Copies one state of the database into a file that is empty. Writers go on meanwhile.
    pub(crate) async fn copy_into(&self, file: &str) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.pool).await?;
        Ok(())
    }
}
