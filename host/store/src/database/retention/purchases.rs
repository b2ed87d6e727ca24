//! Removes purchases that were not confirmed, and of confirmed ones what the books do not need.

use std::collections::BTreeMap;

use super::super::bulk::{push_texts, statement};
use super::super::{Database, Transaction};
use crate::{Counts, StoreError};

/// Rows of other tables that a purchase has before it is confirmed.
const OF_UNCONFIRMED: [&str; 4] = [
    "DELETE FROM counter_grants WHERE purchase_id IN ",
    "DELETE FROM point_reservations WHERE purchase_id IN ",
    "DELETE FROM coupon_uses WHERE expires_at IS NOT NULL AND purchase_id IN ",
    "DELETE FROM purchases WHERE id IN ",
];

impl Database {
    pub(super) async fn remove_unconfirmed(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        // The rows are written first, so that a till that calculates or confirms one of them waits, and then finds that it
        // is gone.
        let ids: Vec<String> = sqlx::query_scalar(
            "UPDATE purchases SET version = version + 1
             WHERE id IN (SELECT id FROM purchases
                          WHERE state IN ('cancelled', 'expired') AND updated_at < $1
                          ORDER BY updated_at LIMIT $2)
               AND state IN ('cancelled', 'expired') AND updated_at < $1
             RETURNING id",
        )
        .bind(before)
        .bind(most)
        .fetch_all(&mut *transaction)
        .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        for sql in OF_UNCONFIRMED {
            let mut query = statement(sql);
            push_texts(&mut query, ids.iter().map(String::as_str));
            query.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
    }

    pub(super) async fn remove_inputs(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let removed = sqlx::query(
            "UPDATE purchases SET inputs = '', attributes = '{}', grants = NULL
             WHERE id IN (SELECT id FROM purchases
                          WHERE state = 'confirmed' AND inputs <> '' AND updated_at < $1
                          ORDER BY updated_at LIMIT $2)",
        )
        .bind(before)
        .bind(most)
        .execute(&self.writer)
        .await?;
        Ok(removed.rows_affected())
    }

    /// A purchase that a return is being made of has another version afterwards: the return is worked out again, and told
    /// that the amounts are gone.
    pub(super) async fn remove_texts(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let ids: Vec<String> = sqlx::query_scalar(
            "UPDATE purchases SET request = '', answer = '', inputs = '', attributes = '{}', sold = NULL,
                    grants = NULL, warnings = NULL, results = NULL, card = '', version = version + 1
             WHERE id IN (SELECT id FROM purchases
                          WHERE state = 'confirmed' AND request <> '' AND updated_at < $1
                          ORDER BY updated_at LIMIT $2)
             RETURNING id",
        )
        .bind(before)
        .bind(most)
        .fetch_all(&mut *transaction)
        .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        forget_periods(&mut transaction, &ids).await?;
        let mut query =
            statement("UPDATE returns SET request = '', answer = '', lines = NULL WHERE purchase_id IN ");
        push_texts(&mut query, ids.iter().map(String::as_str));
        query.build().execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
    }
}

/// The end of the scopes of limits without a period, which count purchases of any age.
const WITHOUT_PERIOD: &str = "%,\"ever\",\"\"]";

/// Takes purchases out of the counters of limits by day, week and month: those periods are long over. The counter of a
/// period goes with the last purchase in it. The sum of what purchases took stays that of the counter.
async fn forget_periods(transaction: &mut Transaction, purchases: &[String]) -> Result<(), StoreError> {
    let mut query = statement("DELETE FROM counter_grants WHERE expires_at IS NULL AND scope NOT LIKE ");
    query.push_bind(WITHOUT_PERIOD).push(" AND purchase_id IN ");
    push_texts(&mut query, purchases.iter().map(String::as_str));
    query.push(" RETURNING offer, scope, uses, money, points");
    let taken: Vec<(String, String, i64, i64, i64)> =
        query.build_query_as().fetch_all(&mut **transaction).await?;
    // In one order, so that two transactions cannot deadlock.
    let mut by_counter: BTreeMap<(String, String), Counts> = BTreeMap::new();
    for (offer, scope, uses, money, points) in taken {
        let sum = by_counter.entry((offer, scope)).or_default();
        *sum = sum.and(Counts { uses, money, points })?;
    }
    for ((offer, scope), Counts { uses, money, points }) in by_counter {
        sqlx::query(
            "UPDATE counters SET uses = uses - $1, money = money - $2, points = points - $3
             WHERE offer = $4 AND scope = $5",
        )
        .bind(uses)
        .bind(money)
        .bind(points)
        .bind(&offer)
        .bind(&scope)
        .execute(&mut **transaction)
        .await?;
        sqlx::query(
            "DELETE FROM counters WHERE offer = $1 AND scope = $2 AND uses = 0 AND money = 0 AND points = 0
               AND NOT EXISTS (SELECT 1 FROM counter_grants AS g
                               WHERE g.offer = $1 AND g.scope = $2 AND g.expires_at IS NOT NULL)",
        )
        .bind(&offer)
        .bind(&scope)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
