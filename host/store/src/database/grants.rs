//! Points that are given without a purchase, and those that are about to expire.

use super::Database;
use super::idempotency::remember_as;
use super::ledger::Ledger;
use crate::{ExpiringPoints, GrantPoints, Granted, StoreError};

impl Database {
    pub(crate) async fn grant_points(&self, grant: &GrantPoints) -> Result<Granted, StoreError> {
        let mut transaction = self.begin().await?;
        // The ledger's lock first: whoever gives the same points waits here.
        let mut ledger = Ledger::open(&mut transaction, &grant.member_id, grant.at).await?;
        if ledger.state().is_none() {
            return Ok(Granted::NoMember);
        }
        ledger.grant(grant.points, grant.validity).await?;
        if !remember_as(&mut transaction, &grant.key, 200, "{}", grant.at).await? {
            return Ok(Granted::Before);
        }
        transaction.commit().await?;
        Ok(Granted::Done)
    }

    pub(crate) async fn expiring_points(
        &self,
        (from, to): (i64, i64),
        (expires_at, member_id): (i64, &str),
        most: i64,
    ) -> Result<Vec<ExpiringPoints>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT member_id, expires_at, CAST(SUM(remaining) AS BIGINT) FROM point_lots
             WHERE remaining > 0 AND expires_at >= $1 AND expires_at < $2
                 AND (expires_at > $3 OR (expires_at = $3 AND member_id > $4))
             GROUP BY member_id, expires_at ORDER BY expires_at, member_id LIMIT $5",
        )
        .bind(from)
        .bind(to)
        .bind(expires_at)
        .bind(member_id)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let expiring = |(member_id, expires_at, points)| ExpiringPoints { member_id, expires_at, points };
        Ok(rows.into_iter().map(expiring).collect())
    }
}
