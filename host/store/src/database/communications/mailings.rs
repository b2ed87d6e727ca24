//! Mailings, and the planning of their messages.

use sqlx::{FromRow, Row as _};

use super::super::bulk::{ROWS_MAX, statement};
use super::super::dialect::DatabaseRow;
use super::messages::insert_planned;
use super::{Communications, Transaction, events};
use crate::{MailingRow, MailingStart, NewEvent, PlannedMessage, StoreError};

/// Rows of an audience in one statement at most: each may have 8 KiB.
const PARTS_MAX: usize = 50;

impl Communications {
    pub(crate) async fn mailing(&self, name: &str) -> Result<Option<MailingRow>, StoreError> {
        let query = "SELECT * FROM mailings WHERE name = $1";
        let row: Option<Row> = sqlx::query_as(query).bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.0))
    }

    pub(crate) async fn mailings_after(&self, name: &str, most: i64) -> Result<Vec<MailingRow>, StoreError> {
        let query = "SELECT * FROM mailings WHERE name > $1 ORDER BY name LIMIT $2";
        let rows: Vec<Row> = sqlx::query_as(query).bind(name).bind(most).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn running_mailings(&self) -> Result<Vec<MailingRow>, StoreError> {
        // Attempts that were under way when a mailing was stopped may have come back to wait.
        let query = "SELECT * FROM mailings WHERE state = 'running' OR (state = 'stopped' AND EXISTS (
                 SELECT 1 FROM messages WHERE queue = 'mailing/' || name AND next_at IS NOT NULL))
             ORDER BY name";
        let rows: Vec<Row> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn put_mailing(&self, name: &str, document: &str, at: i64) -> Result<bool, StoreError> {
        let put = sqlx::query(
            "INSERT INTO mailings (name, document, version, state, created_at, changed_at)
             VALUES ($1, $2, 1, 'draft', $3, $3)
             ON CONFLICT (name) DO UPDATE SET document = $2, version = mailings.version + 1, changed_at = $3
             WHERE mailings.state = 'draft'",
        )
        .bind(name)
        .bind(document)
        .bind(at)
        .execute(&self.writer)
        .await?;
        Ok(put.rows_affected() > 0)
    }

    pub(crate) async fn start_mailing(&self, start: &MailingStart) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let started = sqlx::query(
            "UPDATE mailings SET state = 'running', started_at = $1, changed_at = $1, template_versions = $2,
                 audience = $3 WHERE name = $4 AND version = $5 AND state = 'draft'",
        )
        .bind(start.at)
        .bind(&start.template_versions)
        .bind(start.audience)
        .bind(&start.name)
        .bind(start.version)
        .execute(&mut *transaction)
        .await?;
        if started.rows_affected() == 0 {
            return Ok(false);
        }
        for parts in start.parts.chunks(PARTS_MAX) {
            let mut query = statement("INSERT INTO mailing_audiences (mailing, part, numbers) ");
            query.push_values(parts, |mut row, (part, numbers)| {
                row.push_bind(start.name.clone()).push_bind(*part).push_bind(numbers.clone());
            });
            query.build().execute(&mut *transaction).await?;
        }
        sqlx::query(
            "INSERT INTO message_queues (queue, priority, rate) VALUES ($1, $2, $3)
             ON CONFLICT (queue) DO UPDATE SET is_open = 1, priority = $2, rate = $3",
        )
        .bind(&start.queue)
        .bind(start.priority)
        .bind(start.rate)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn mailing_part(
        &self,
        name: &str,
        part: i64,
    ) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        let query = "SELECT part, numbers FROM mailing_audiences WHERE mailing = $1 AND part >= $2
             ORDER BY part LIMIT 1";
        Ok(sqlx::query_as(query).bind(name).bind(part).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn plan_messages(
        &self,
        name: &str,
        (from, to): (i64, i64),
        messages: &[PlannedMessage],
        ghosts: &[NewEvent],
        merged: i64,
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        // Pausing does not stop planning; stopping does.
        let moved = sqlx::query(
            "UPDATE mailings SET cursor = $1 WHERE name = $2 AND cursor = $3 AND state IN ('running', 'paused')",
        )
        .bind(to)
        .bind(name)
        .bind(from)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        let added = insert_planned(&mut transaction, messages, at).await?.len();
        let known = i64::try_from(messages.len().saturating_sub(added)).unwrap_or(0);
        let merged = merged.saturating_add(known);
        if merged > 0 {
            sqlx::query("UPDATE mailings SET merged = merged + $1 WHERE name = $2")
                .bind(merged)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        if !ghosts.is_empty() {
            events::append(&mut transaction, ghosts).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn mailing_planned(&self, name: &str, from: i64) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE mailings SET is_planned = 1
             WHERE name = $1 AND cursor = $2 AND state IN ('running', 'paused') AND is_planned = 0",
        )
        .bind(name)
        .bind(from)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM mailing_audiences WHERE mailing = $1")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn members_with_several(
        &self,
        cause: &str,
        numbers: &[i64],
    ) -> Result<Vec<i64>, StoreError> {
        let mut several = Vec::new();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement("SELECT number FROM messages WHERE cause = ");
            query.push_bind(cause.to_owned()).push(" AND number IN (");
            let mut list = query.separated(", ");
            for number in numbers {
                list.push_bind(*number);
            }
            query.push(") GROUP BY number HAVING COUNT(*) > 1");
            let found: Vec<i64> = query.build_query_scalar().fetch_all(&self.pool).await?;
            several.extend(found);
        }
        Ok(several)
    }

    pub(crate) async fn end_mailing(&self, name: &str, queue: &str, at: i64) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        // All that is neither sent nor skipped nor given up is due some time, or on the wire.
        let ended = sqlx::query(
            "UPDATE mailings SET state = 'done', changed_at = $1
             WHERE name = $2 AND state = 'running' AND is_planned = 1
               AND NOT EXISTS (SELECT 1 FROM messages WHERE queue = $3 AND next_at IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM messages WHERE cause = $3 AND state = 'attempting')",
        )
        .bind(at)
        .bind(name)
        .bind(queue)
        .execute(&mut *transaction)
        .await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        set_open(&mut transaction, queue, false).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn change_mailing(
        &self,
        name: &str,
        queue: &str,
        (from, to): (&[&str], &str),
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let state: Option<String> =
            sqlx::query_scalar("UPDATE mailings SET changed_at = $1 WHERE name = $2 RETURNING state")
                .bind(at)
                .bind(name)
                .fetch_optional(&mut *transaction)
                .await?;
        if !state.is_some_and(|state| from.contains(&state.as_str())) {
            return Ok(false);
        }
        sqlx::query("UPDATE mailings SET state = $1, reason = '' WHERE name = $2")
            .bind(to)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        set_open(&mut transaction, queue, to == "running").await?;
        if to == "stopped" {
            sqlx::query("DELETE FROM mailing_audiences WHERE mailing = $1")
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn skip_waiting(
        &self,
        queue: &str,
        reason: &str,
        most: i64,
        at: i64,
    ) -> Result<u64, StoreError> {
        // Asked of the row as well as of the list: meanwhile its attempt may have begun, which then counts.
        let skipped = sqlx::query(
            "UPDATE messages SET state = 'skipped', reason = $1, next_at = NULL, changed_at = $2
             WHERE id IN (SELECT id FROM messages WHERE queue = $3 AND next_at IS NOT NULL LIMIT $4)
                 AND next_at IS NOT NULL",
        )
        .bind(reason)
        .bind(at)
        .bind(queue)
        .bind(most)
        .execute(&self.writer)
        .await?;
        Ok(skipped.rows_affected())
    }
}

async fn set_open(transaction: &mut Transaction, queue: &str, is_open: bool) -> Result<(), StoreError> {
    sqlx::query("UPDATE message_queues SET is_open = $1 WHERE queue = $2")
        .bind(i64::from(is_open))
        .bind(queue)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

struct Row(MailingRow);

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        let is_planned: i64 = row.try_get("is_planned")?;
        Ok(Self(MailingRow {
            name: row.try_get("name")?,
            document: row.try_get("document")?,
            version: row.try_get("version")?,
            state: row.try_get("state")?,
            reason: row.try_get("reason")?,
            created_at: row.try_get("created_at")?,
            changed_at: row.try_get("changed_at")?,
            started_at: row.try_get("started_at")?,
            template_versions: row.try_get("template_versions")?,
            audience: row.try_get("audience")?,
            cursor: row.try_get("cursor")?,
            merged: row.try_get("merged")?,
            is_planned: is_planned != 0,
        }))
    }
}
