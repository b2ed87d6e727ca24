//! What chains have caused outside of this database.

use super::{Communications, member_number};
use crate::{ChainEffect, StoreError};

type Row = (String, i64, String, String, String, String, String, i64, i64, Option<i64>);

impl Communications {
    pub(crate) async fn effects_due(&self, now: i64, most: i64) -> Result<Vec<ChainEffect>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, number, chain, kind, payload, state, reason, attempts, too_late_after, next_at
             FROM chain_effects WHERE next_at <= $1 ORDER BY next_at LIMIT $2",
        )
        .bind(now)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn note_effect(&self, effect: &ChainEffect, at: i64) -> Result<bool, StoreError> {
        let noted = sqlx::query(
            "UPDATE chain_effects SET state = $1, reason = $2, attempts = $3, next_at = $4, changed_at = $5
             WHERE id = $6 AND next_at IS NOT NULL",
        )
        .bind(&effect.state)
        .bind(&effect.reason)
        .bind(effect.attempts)
        .bind(effect.next_at)
        .bind(at)
        .bind(&effect.id)
        .execute(&self.writer)
        .await?;
        Ok(noted.rows_affected() > 0)
    }

    pub(crate) async fn remove_chain_effects(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let query = "DELETE FROM chain_effects WHERE id IN
             (SELECT id FROM chain_effects WHERE changed_at < $1 AND next_at IS NULL ORDER BY changed_at LIMIT $2)";
        Ok(sqlx::query(query).bind(before).bind(most).execute(&self.writer).await?.rows_affected())
    }

    pub(crate) async fn count_effects(
        &self,
        chain: &str,
    ) -> Result<Vec<(String, String, String, i64)>, StoreError> {
        let query = "SELECT kind, state, reason, COUNT(*) FROM chain_effects WHERE chain = $1
             GROUP BY kind, state, reason ORDER BY kind, state, reason";
        Ok(sqlx::query_as(query).bind(chain).fetch_all(&self.pool).await?)
    }
}

fn read(row: Row) -> Result<ChainEffect, StoreError> {
    let (id, number, chain, kind, payload, state, reason, attempts, too_late_after, next_at) = row;
    let number = member_number(number)?;
    Ok(ChainEffect { id, number, chain, kind, payload, state, reason, attempts, too_late_after, next_at })
}
