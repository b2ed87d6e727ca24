//! Removes old rows. Each batch is one transaction of few rows: tills that want to write wait for one batch at most.

mod components;
mod purchases;

use super::dialect;
use super::{Database, Transaction};
use crate::{Aged, StoreError};

/// Ids of imports that have ended, oldest first.
const ENDED_IMPORTS: &str = "SELECT id FROM imports
    WHERE state IN ('done', 'cancelled', 'failed') AND updated_at < $1 ORDER BY updated_at, id LIMIT $2";

impl Database {
    pub(crate) async fn count_aged(&self, kind: Aged, bound: i64) -> Result<u64, StoreError> {
        let query = match kind {
            Aged::IdempotencyKeys => "SELECT COUNT(*) FROM idempotency_keys WHERE created_at < $1",
            Aged::UnconfirmedPurchases => {
                "SELECT COUNT(*) FROM purchases WHERE state IN ('cancelled', 'expired') AND updated_at < $1"
            }
            Aged::PurchaseInputs => {
                "SELECT COUNT(*) FROM purchases WHERE state = 'confirmed' AND inputs <> '' AND updated_at < $1"
            }
            Aged::PurchaseTexts => {
                "SELECT COUNT(*) FROM purchases WHERE state = 'confirmed' AND request <> '' AND updated_at < $1"
            }
            Aged::Results => {
                "SELECT COUNT(*) FROM results WHERE seq <
                     (SELECT COALESCE(MIN(CASE WHEN happened_at >= $1 THEN seq END), MAX(seq)) FROM results
                      WHERE seq IS NOT NULL)"
            }
            Aged::Imports => {
                "SELECT COUNT(*) FROM imports
                 WHERE state IN ('done', 'cancelled', 'failed') AND updated_at < $1"
            }
            Aged::Backtests => "SELECT COUNT(*) FROM backtests WHERE state <> 'running' AND created_at < $1",
            Aged::AttributeValues => "SELECT COUNT(*) FROM member_attributes WHERE until_revision <= $1",
            Aged::PersonalAnswers => "SELECT COUNT(*) FROM personal_answers WHERE until_revision <= $1",
        };
        let count: i64 = sqlx::query_scalar(query).bind(bound).fetch_one(&self.pool).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    pub(crate) async fn remove_aged(&self, kind: Aged, bound: i64, most: i64) -> Result<u64, StoreError> {
        let query = match kind {
            Aged::UnconfirmedPurchases => return self.remove_unconfirmed(bound, most).await,
            Aged::PurchaseInputs => return self.remove_inputs(bound, most).await,
            Aged::PurchaseTexts => return self.remove_texts(bound, most).await,
            Aged::Results => return self.remove_results(bound, most).await,
            Aged::Imports => return self.remove_imports(bound, most).await,
            Aged::IdempotencyKeys => {
                "DELETE FROM idempotency_keys WHERE (caller, key) IN
                     (SELECT caller, key FROM idempotency_keys WHERE created_at < $1
                      ORDER BY created_at LIMIT $2)"
            }
            Aged::Backtests => {
                "DELETE FROM backtests WHERE id IN
                     (SELECT id FROM backtests WHERE state <> 'running' AND created_at < $1
                      ORDER BY created_at LIMIT $2)"
            }
            Aged::AttributeValues => {
                "DELETE FROM member_attributes WHERE (member_id, name, from_revision) IN
                     (SELECT member_id, name, from_revision FROM member_attributes WHERE until_revision <= $1
                      ORDER BY until_revision LIMIT $2)"
            }
            Aged::PersonalAnswers => {
                "DELETE FROM personal_answers WHERE (member_id, attribute, item, from_revision) IN
                     (SELECT member_id, attribute, item, from_revision FROM personal_answers
                      WHERE until_revision <= $1 ORDER BY until_revision LIMIT $2)"
            }
        };
        let removed = sqlx::query(query).bind(bound).bind(most).execute(&self.writer).await?;
        Ok(removed.rows_affected())
    }

    pub(crate) async fn first_result(&self) -> Result<Option<i64>, StoreError> {
        let query = "SELECT MIN(seq) FROM results WHERE seq IS NOT NULL";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// Rows go in the order of their numbers, so that a reader either finds everything after its cursor, or is told that
    /// something is gone.
    async fn remove_results(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let mut first: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT seq, happened_at FROM results WHERE seq IS NOT NULL ORDER BY seq LIMIT $1",
        )
        .bind(most.saturating_add(1))
        .fetch_all(&self.pool)
        .await?;
        // The last one of all, or one more than is removed at once.
        first.pop();
        let old = first.iter().take_while(|(_, happened_at)| *happened_at < before);
        let Some((until, _)) = old.last() else { return Ok(0) };
        let removed = sqlx::query("DELETE FROM results WHERE seq <= $1").bind(until);
        Ok(removed.execute(&self.writer).await?.rows_affected())
    }

    /// Problems of rows go first, and the import once it has none.
    async fn remove_imports(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar(ENDED_IMPORTS).bind(before).bind(most).fetch_all(&self.pool).await?;
        let mut left = most;
        let mut removed = 0_u64;
        for id in ids {
            let mut transaction = self.begin().await?;
            let errors = remove_errors(&mut transaction, &id, left).await?;
            left = left.saturating_sub(i64::try_from(errors).unwrap_or(i64::MAX));
            if left > 0 {
                let import = sqlx::query("DELETE FROM imports WHERE id = $1").bind(&id);
                import.execute(&mut *transaction).await?;
                left = left.saturating_sub(1);
            }
            transaction.commit().await?;
            removed = removed.saturating_add(1);
            if left <= 0 {
                break;
            }
        }
        Ok(removed)
    }

    /// True if this node has the job now.
    pub(crate) async fn lease_job(
        &self,
        name: &str,
        node: &str,
        milliseconds: i64,
    ) -> Result<bool, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!(
            "INSERT INTO jobs (name, node, lease_until) VALUES ($1, $2, {now} + $3)
             ON CONFLICT (name) DO UPDATE SET node = excluded.node, lease_until = excluded.lease_until
             WHERE jobs.node = excluded.node OR jobs.lease_until < {now}"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(name).bind(node).bind(milliseconds);
        Ok(query.execute(&self.writer).await?.rows_affected() > 0)
    }

    pub(crate) async fn end_job(&self, name: &str, node: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM jobs WHERE name = $1 AND node = $2")
            .bind(name)
            .bind(node)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

async fn remove_errors(transaction: &mut Transaction, import: &str, most: i64) -> Result<u64, StoreError> {
    let removed = sqlx::query(
        "DELETE FROM import_errors WHERE import_id = $1 AND number IN
             (SELECT number FROM import_errors WHERE import_id = $1 ORDER BY number LIMIT $2)",
    )
    .bind(import)
    .bind(most)
    .execute(&mut **transaction)
    .await?;
    Ok(removed.rows_affected())
}
