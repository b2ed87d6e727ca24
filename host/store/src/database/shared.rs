//! The statements of the store, in SQL that both databases understand. This file and those below it are
//! compiled once for each database; `super::dialect` has the differences.

mod answers;
mod attributes;
mod audience_lists;
mod audiences;
mod audit;
mod backtests;
mod balance;
mod bulk;
mod calculations;
mod catalog;
mod changed_members;
pub(crate) mod communications;
mod confirmations;
mod counter_scopes;
mod counters;
mod coupon_uses;
mod coupons;
mod documents;
mod expiry;
mod feed;
mod full_imports;
mod grants;
mod idempotency;
mod identifiers;
mod imports;
mod keys;
mod ledger;
mod mechanics;
mod member;
mod member_record;
mod member_rows;
mod members;
mod merge;
mod nodes;
mod offers;
mod partner_keys;
mod people;
mod purchase_search;
mod purchases;
mod results;
mod retention;
mod returns;
mod rows;
mod scales;
mod schema;
mod sums;
mod templates;
mod till_messages;
mod verify;

use std::time::Duration;

use sqlx::Connection as _;

use super::dialect::{self, Pool, Transaction, Writers};
use crate::{AuditEntry, Options, Revision, StoreError};

/// The kinds of changes to what plans are built from; `plan_revision` lists the same ones.
const PLAN_CHANGES: [&str; 5] = ["audience", "catalog", "mechanic", "offer", "settings"];

#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// Connections for reading.
    pub(super) pool: Pool,
    /// Connections for writing: a committed transaction survives a power failure.
    pub(super) writer: Pool,
    /// The queue of short transactions.
    writers: Writers,
}

impl Database {
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        let (pool, writer) = dialect::open(options).await?;
        Ok(Self::of_pools(pool, writer, options.lock))
    }

    /// `wait` is the longest time that a short transaction waits for those before it.
    pub(super) fn of_pools(pool: Pool, writer: Pool, wait: Duration) -> Self {
        let writers = Writers::new(writer.clone(), wait);
        Self { pool, writer, writers }
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.pool.acquire().await?.ping().await?;
        let now = self.now_ms().await?.div_euclid(1000);
        sqlx::query(
            "INSERT INTO readiness (id, checked_at) VALUES (1, $1)
             ON CONFLICT (id) DO UPDATE SET checked_at = $1 WHERE readiness.checked_at <> $1",
        )
        .bind(now)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.pool.close().await;
    }

    pub(crate) async fn shrink_log(&self, options: &Options) -> Result<Option<u64>, StoreError> {
        Ok(dialect::shrink_log(&self.pool, options).await?)
    }

    pub(crate) async fn revision(&self) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(revision), 0) FROM revisions";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn now_ms(&self) -> Result<i64, StoreError> {
        Ok(dialect::now_ms(&self.pool).await?)
    }

    async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(dialect::begin(&self.writer).await?)
    }

    /// As `begin`, for the few statements of a till's call.
    async fn begin_short(&self) -> Result<Transaction, StoreError> {
        Ok(dialect::begin_short(&self.writer, &self.writers).await?)
    }

    /// Begins a transaction for reading: all its queries see the same state.
    async fn begin_snapshot(&self) -> Result<Transaction, StoreError> {
        Ok(dialect::begin_snapshot(&self.pool).await?)
    }

    /// Begins a change of anything that receipts are priced by. Changes wait for each other.
    async fn begin_change(&self, change: &str, at: i64) -> Result<Change, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let revision = next_revision(&mut transaction, change, at).await?;
        if PLAN_CHANGES.contains(&change) {
            dialect::hint(&mut transaction).await?;
        }
        Ok(Change { transaction, revision })
    }
}

/// Adds the next revision and returns its number. The caller holds the lock of revisions.
async fn next_revision(transaction: &mut Transaction, change: &str, at: i64) -> Result<Revision, StoreError> {
    let revision = sqlx::query_scalar(
        "INSERT INTO revisions (revision, change, created_at)
         SELECT COALESCE(MAX(revision), 0) + 1, $1, $2 FROM revisions RETURNING revision",
    );
    Ok(revision.bind(change).bind(at).fetch_one(&mut **transaction).await?)
}

/// A change that is rolled back unless it is committed.
struct Change {
    transaction: Transaction,
    revision: Revision,
}

impl Change {
    /// Commits with a record in the audit log.
    async fn commit_audited(mut self, entry: &AuditEntry) -> Result<Revision, StoreError> {
        audit::append(&mut self.transaction, entry, Some(self.revision)).await?;
        self.commit().await
    }

    async fn commit(self) -> Result<Revision, StoreError> {
        self.transaction.commit().await?;
        Ok(self.revision)
    }
}
