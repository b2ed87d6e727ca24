//! Effects of chains outside of this database.

use super::super::bulk::{ROWS_MAX, push_numbers, statement};
use super::{Communications, events, member_number};
use crate::{ChainEffect, NewEvent, StoreError};

/// The columns of an effect.
const COLUMNS: &str =
    "id, number, chain, kind, channel, payload, state, reason, attempts, too_late_after, next_at";

type Row = (String, i64, String, String, Option<String>, String, String, String, i64, i64, Option<i64>);

impl Communications {
    pub(crate) async fn effects_due(&self, now: i64, most: i64) -> Result<Vec<ChainEffect>, StoreError> {
        let mut query = statement("SELECT ");
        query.push(COLUMNS).push(" FROM chain_effects WHERE channel IS NULL AND next_at <= ").push_bind(now);
        query.push(" ORDER BY next_at LIMIT ").push_bind(most);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn channels_of_webhooks(&self, now: i64) -> Result<Vec<String>, StoreError> {
        let query = "SELECT DISTINCT channel FROM chain_effects
             WHERE channel IS NOT NULL AND next_at <= $1 ORDER BY channel";
        Ok(sqlx::query_scalar(query).bind(now).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn take_webhooks(
        &self,
        channel: &str,
        now: i64,
        until: i64,
        most: i64,
    ) -> Result<Vec<ChainEffect>, StoreError> {
        let mut query = statement("UPDATE chain_effects SET attempts = attempts + 1, next_at = ");
        query.push_bind(until).push(" WHERE id IN (SELECT id FROM chain_effects WHERE channel = ");
        query.push_bind(channel.to_owned()).push(" AND next_at <= ").push_bind(now);
        query.push(" ORDER BY next_at LIMIT ").push_bind(most);
        // Asked again, since another process may have taken some meanwhile.
        query.push(") AND next_at <= ").push_bind(now).push(" RETURNING ").push(COLUMNS);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.writer).await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn note_effect(
        &self,
        effect: &ChainEffect,
        told: &[NewEvent],
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
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
        .execute(&mut *transaction)
        .await?;
        if noted.rows_affected() == 0 {
            return Ok(false);
        }
        if !told.is_empty() {
            events::append(&mut transaction, told).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn untried_effects(
        &self,
        numbers: &[i64],
        since: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let mut found = Vec::new();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement("SELECT DISTINCT number, chain FROM chain_effects WHERE number IN ");
            push_numbers(&mut query, numbers.iter().copied());
            query.push(" AND channel IS NULL AND next_at IS NOT NULL AND attempts = 0 AND changed_at > ");
            query.push_bind(since);
            let rows: Vec<(i64, String)> = query.build_query_as().fetch_all(&self.pool).await?;
            found.extend(rows);
        }
        Ok(found)
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
    let (id, number, chain, kind, channel, payload, state, reason, attempts, too_late_after, next_at) = row;
    let number = member_number(number)?;
    Ok(ChainEffect {
        id,
        number,
        chain,
        kind,
        channel,
        payload,
        state,
        reason,
        attempts,
        too_late_after,
        next_at,
    })
}
