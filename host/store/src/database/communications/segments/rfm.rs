//! RFM: what members have bought, frozen cut points, and counts of scores.

use super::super::{Communications, Transaction};
use crate::{BuyerRow, RfmMonth, StoreError};

/// The cursor whose position is the day that scores are of.
const DAY: &str = "rfm_day";

impl Communications {
    pub(crate) async fn buyers_between(
        &self,
        measure: i64,
        (since, until): (i64, i64),
        first: u32,
        last: u32,
    ) -> Result<Vec<BuyerRow>, StoreError> {
        // As one text, which is many times faster than a row for each member.
        let found: Option<String> = sqlx::query_scalar(
            "SELECT string_agg(CAST(number AS TEXT) || ' ' || CAST(last_day AS TEXT) || ' '
                 || CAST(purchases AS TEXT) || ' ' || CAST(net AS TEXT), ',') FROM
                 (SELECT number, MAX(day) AS last_day, SUM(CASE WHEN day >= $4 THEN 1 ELSE 0 END) AS purchases,
                         SUM(CASE WHEN day >= $4 THEN value ELSE 0 END) AS net
                  FROM segment_facts
                  WHERE measure = $1 AND number BETWEEN $2 AND $3 AND day <= $5
                  GROUP BY number) AS found",
        )
        .bind(measure)
        .bind(i64::from(first))
        .bind(i64::from(last))
        .bind(since)
        .bind(until)
        .fetch_one(&self.pool)
        .await?;
        let buyer = |text: &str| {
            buyer(text).ok_or_else(|| StoreError::Damaged(format!("what a member has bought: {text}")))
        };
        found.unwrap_or_default().split_terminator(',').map(buyer).collect()
    }

    pub(crate) async fn rfm_month(&self) -> Result<Option<RfmMonth>, StoreError> {
        let row: Option<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT month, cuts, buyers, made_at FROM rfm_months ORDER BY made_at DESC LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(month, cuts, buyers, made_at)| RfmMonth { month, cuts, buyers, made_at }))
    }

    pub(crate) async fn rfm_counts(&self) -> Result<Vec<([i64; 3], i64)>, StoreError> {
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT recency, frequency, monetary, COUNT(*) FROM segment_members
             WHERE recency IS NOT NULL GROUP BY recency, frequency, monetary
             ORDER BY recency, frequency, monetary",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(one, two, three, count)| ([one, two, three], count)).collect())
    }
}

fn buyer(text: &str) -> Option<BuyerRow> {
    let mut parts = text.split(' ');
    Some(BuyerRow {
        number: parts.next()?.parse().ok()?,
        last_day: parts.next()?.parse().ok()?,
        purchases: parts.next()?.parse().ok()?,
        net: parts.next()?.parse().ok()?,
    })
}

/// Freezes cut points, in place of those of the same month if there are some.
pub(super) async fn write_month(transaction: &mut Transaction, month: &RfmMonth) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rfm_months (month, cuts, buyers, made_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (month) DO UPDATE SET cuts = $2, buyers = $3, made_at = $4",
    )
    .bind(&month.month)
    .bind(&month.cuts)
    .bind(month.buyers)
    .bind(month.made_at)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes the day that scores are of.
pub(super) async fn write_day(transaction: &mut Transaction, day: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cursors (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = $2",
    )
    .bind(DAY)
    .bind(day)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
