//! Expiry of calculations, returns and lots of points whose time is over.

use super::Database;
use super::ledger::Ledger;
use super::purchases::release;
use crate::{Expiry, StoreError};

/// Rows that one transaction expires at most, so that other writers wait for a short time only.
const BATCH: i64 = 200;

impl Database {
    /// Expires calculations, returns and points whose time is over.
    pub(crate) async fn expire(&self, now: i64) -> Result<Expiry, StoreError> {
        let calculations =
            self.expire_calculations(now).await?.saturating_add(self.expire_returns(now).await?);
        let lots = self.expire_lots(now).await?;
        Ok(Expiry { calculations, lots })
    }

    async fn expire_calculations(&self, now: i64) -> Result<u64, StoreError> {
        let mut expired = 0_u64;
        loop {
            let mut transaction = self.begin().await?;
            let ids: Vec<String> = sqlx::query_scalar(
                "UPDATE purchases SET state = 'expired', version = version + 1, expires_at = NULL
                 WHERE id IN (SELECT id FROM purchases WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)
                   AND expires_at <= $1
                 RETURNING id",
            )
            .bind(now)
            .bind(BATCH)
            .fetch_all(&mut *transaction)
            .await?;
            for id in &ids {
                release(&mut transaction, id).await?;
            }
            transaction.commit().await?;
            if ids.is_empty() {
                return Ok(expired);
            }
            expired = expired.saturating_add(u64::try_from(ids.len()).unwrap_or(u64::MAX));
        }
    }

    async fn expire_returns(&self, now: i64) -> Result<u64, StoreError> {
        let expired = sqlx::query(
            "UPDATE returns SET state = 'expired', expires_at = NULL, updated_at = $1
             WHERE expires_at <= $1 AND state = 'calculated'",
        )
        .bind(now)
        .execute(&self.writer)
        .await?;
        Ok(expired.rows_affected())
    }

    /// The lots of members with reserved points are left until the reservation ends.
    async fn expire_lots(&self, now: i64) -> Result<u64, StoreError> {
        let mut expired = 0_u64;
        loop {
            let lots: Vec<(String, i64)> = sqlx::query_as(
                "SELECT member_id, number FROM point_lots AS l
                 WHERE remaining > 0 AND expires_at <= $1
                   AND NOT EXISTS (SELECT 1 FROM point_reservations AS r
                                   WHERE r.member_id = l.member_id AND r.expires_at > $1)
                 ORDER BY member_id, number LIMIT $2",
            )
            .bind(now)
            .bind(BATCH)
            .fetch_all(&self.pool)
            .await?;
            if lots.is_empty() {
                return Ok(expired);
            }
            for (member, lot) in &lots {
                let mut transaction = self.begin().await?;
                let done = Ledger::open(&mut transaction, member, now).await?.expire(*lot).await?;
                transaction.commit().await?;
                expired = expired.saturating_add(u64::from(done));
            }
        }
    }
}
