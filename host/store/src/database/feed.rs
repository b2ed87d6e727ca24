//! The results feed as communications read it: by places that need no writing, where the database has them.

use sqlx::AssertSqlSafe;

use super::dialect::FEED_POSITION;
use super::{Database, dialect};
use crate::{CancelledPurchase, FeedRow, MergedMember, Results, Revision, StoreError};

type Row = (i64, String, Option<String>, Option<String>, i64, String);

impl Database {
    pub(crate) async fn feed_after(&self, position: i64, most: i64) -> Result<Vec<FeedRow>, StoreError> {
        if dialect::NUMBERS_FEED {
            self.number_results().await?;
        }
        let query = format!(
            "SELECT {FEED_POSITION}, id, member_id, purchase_id, happened_at, events FROM results
             WHERE {FEED_POSITION} > $1 ORDER BY {FEED_POSITION} LIMIT $2"
        );
        let rows: Vec<Row> =
            sqlx::query_as(AssertSqlSafe(query)).bind(position).bind(most).fetch_all(&self.pool).await?;
        let row = |(position, id, member_id, purchase_id, at, events)| FeedRow {
            position,
            id,
            member_id,
            purchase_id,
            results: Results { at, events },
        };
        Ok(rows.into_iter().map(row).collect())
    }

    pub(crate) async fn feed_id(&self, position: i64) -> Result<Option<String>, StoreError> {
        let query = format!("SELECT id FROM results WHERE {FEED_POSITION} = $1");
        Ok(sqlx::query_scalar(AssertSqlSafe(query)).bind(position).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn feed_end(&self) -> Result<i64, StoreError> {
        let query = format!("SELECT COALESCE(MAX({FEED_POSITION}), 0) FROM results");
        Ok(sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn cancelled_after(
        &self,
        (at, id): (i64, &str),
        most: i64,
    ) -> Result<Vec<CancelledPurchase>, StoreError> {
        // The first condition is that of the index.
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT id, member_id, updated_at FROM purchases
             WHERE state IN ('cancelled', 'expired') AND state = 'cancelled' AND member_id IS NOT NULL
                 AND updated_at >= $1 AND (updated_at > $1 OR id > $2)
             ORDER BY updated_at, id LIMIT $3",
        )
        .bind(at)
        .bind(id)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let cancelled = |(id, member_id, at)| CancelledPurchase { id, member_id, at };
        Ok(rows.into_iter().map(cancelled).collect())
    }

    pub(crate) async fn merged_after(
        &self,
        revision: Revision,
        most: i64,
    ) -> Result<Vec<MergedMember>, StoreError> {
        let rows: Vec<(Revision, String, String)> = sqlx::query_as(
            "SELECT revision, id, merged_into FROM members
             WHERE merged_into IS NOT NULL AND revision > $1 ORDER BY revision, id LIMIT $2",
        )
        .bind(revision)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let merged = |(revision, from, into)| MergedMember { revision, from, into };
        Ok(rows.into_iter().map(merged).collect())
    }
}
