//! Counters that get another scope, because their subject is named otherwise than an older release did.

use super::Database;
use crate::StoreError;

/// Offer, uses, money and points of a counter.
type CountsRow = (String, i64, i64, i64);

impl Database {
    /// The scopes of counters that hold something and begin with `start`, which has no wildcards of `LIKE`: the first
    /// ones after `after`, in the database's order of texts.
    pub(crate) async fn counter_scopes(
        &self,
        start: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<String>, StoreError> {
        let scopes = sqlx::query_scalar(
            "SELECT DISTINCT scope FROM counters WHERE scope LIKE $1 AND scope > $2
               AND (uses <> 0 OR money <> 0 OR points <> 0
                    OR EXISTS (SELECT 1 FROM counter_grants AS g
                               WHERE g.offer = counters.offer AND g.scope = counters.scope))
             ORDER BY scope LIMIT $3",
        );
        Ok(scopes.bind(format!("{start}%")).bind(after).bind(most).fetch_all(&self.pool).await?)
    }

    /// Moves what counters of one scope hold, and the grants of purchases, to those of another. The emptied counters
    /// stay, since a calculation that is under way may write them.
    pub(crate) async fn move_counters(&self, from: &str, into: &str) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        // Writing the rows, even unchanged, makes other transactions wait for this one.
        let mut held: Vec<CountsRow> = sqlx::query_as(
            "UPDATE counters SET uses = uses WHERE scope = $1 RETURNING offer, uses, money, points",
        )
        .bind(from)
        .fetch_all(&mut *transaction)
        .await?;
        held.sort();
        for (offer, uses, money, points) in &held {
            for (scope, sign) in [(from, -1), (into, 1)] {
                sqlx::query(
                    "INSERT INTO counters (offer, scope, uses, money, points) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (offer, scope) DO UPDATE
                     SET uses = counters.uses + excluded.uses, money = counters.money + excluded.money,
                         points = counters.points + excluded.points",
                )
                .bind(offer)
                .bind(scope)
                .bind(uses.saturating_mul(sign))
                .bind(money.saturating_mul(sign))
                .bind(points.saturating_mul(sign))
                .execute(&mut *transaction)
                .await?;
            }
            sqlx::query("UPDATE counter_grants SET scope = $1 WHERE offer = $2 AND scope = $3")
                .bind(into)
                .bind(offer)
                .bind(from)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
