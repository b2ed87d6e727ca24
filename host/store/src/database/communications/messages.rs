//! Messages: planning them, and what is known of them.

use sqlx::{FromRow, Row as _};

use super::super::bulk::{ROWS_MAX, push_texts, statement};
use super::super::dialect::DatabaseRow;
use super::events::append;
use super::{Communications, Transaction};
use crate::{
    LANES, MessageCount, MessageRow, NewEvent, PlannedMessage, Reaction, ReactionCounts, StoreError,
};

/// Messages of one statement at most: SQLite takes 32,766 values.
const PLANNED_MAX: usize = 500;
/// States from which a message may be sent again by hand.
const ENDED: &str = "('dead', 'failed', 'unknown')";

impl Communications {
    pub(crate) async fn message(&self, id: &str) -> Result<Option<MessageRow>, StoreError> {
        let query = "SELECT * FROM messages WHERE id = $1";
        let row: Option<Row> = sqlx::query_as(query).bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.0))
    }

    pub(crate) async fn messages_of_cause(
        &self,
        cause: &str,
        state: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT * FROM messages WHERE cause = $1 AND state = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .bind(cause)
        .bind(state)
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn count_messages(&self, cause: &str) -> Result<Vec<MessageCount>, StoreError> {
        let query = "SELECT state, reason, COUNT(*) FROM messages WHERE cause = $1
             GROUP BY state, reason ORDER BY state, reason";
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(query).bind(cause).fetch_all(&self.pool).await?;
        let count =
            |(state, reason, messages)| MessageCount { state, reason, variant: String::new(), messages };
        Ok(rows.into_iter().map(count).collect())
    }

    pub(crate) async fn count_variants(&self, cause: &str) -> Result<Vec<MessageCount>, StoreError> {
        let query = "SELECT variant, state, COUNT(*) FROM messages WHERE cause = $1
             GROUP BY variant, state ORDER BY variant, state";
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(query).bind(cause).fetch_all(&self.pool).await?;
        let count =
            |(variant, state, messages)| MessageCount { state, reason: String::new(), variant, messages };
        Ok(rows.into_iter().map(count).collect())
    }

    pub(crate) async fn count_reactions(&self, cause: &str) -> Result<ReactionCounts, StoreError> {
        let query = "SELECT COUNT(delivered_at), COUNT(opened_at), COUNT(clicked_at), COUNT(bounced_at),
                 COUNT(complained_at), COUNT(unsubscribed_at) FROM messages WHERE cause = $1";
        let (delivered, opened, clicked, bounced, complained, unsubscribed) =
            sqlx::query_as(query).bind(cause).fetch_one(&self.pool).await?;
        Ok(ReactionCounts { delivered, opened, clicked, bounced, complained, unsubscribed })
    }

    pub(crate) async fn clicked_messages(
        &self,
        cause: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<(String, i64, i64)>, StoreError> {
        let query = "SELECT id, number, clicked_at FROM messages
             WHERE cause = $1 AND clicked_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3";
        Ok(sqlx::query_as(query).bind(cause).bind(after).bind(most).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn react(
        &self,
        id: &str,
        reaction: Reaction,
        at: i64,
        events: &[NewEvent],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        note_reaction(&mut transaction, id, reaction, at).await?;
        let appended = append(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(appended.iter().any(|appended| appended.is_new))
    }

    pub(crate) async fn message_of_provider(
        &self,
        channel: &str,
        provider_id: &str,
    ) -> Result<Option<MessageRow>, StoreError> {
        let query =
            "SELECT * FROM messages WHERE channel = $1 AND provider_id = $2 ORDER BY planned_at DESC LIMIT 1";
        let row: Option<Row> =
            sqlx::query_as(query).bind(channel).bind(provider_id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.0))
    }

    pub(crate) async fn messages_of_members(
        &self,
        numbers: &[i64],
        planned_since: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let mut found = Vec::new();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement("SELECT * FROM messages WHERE planned_at >= ");
            query.push_bind(planned_since).push(" AND number IN (");
            let mut list = query.separated(", ");
            for number in numbers {
                list.push_bind(*number);
            }
            query.push(") ORDER BY number, planned_at, id");
            let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
            found.extend(rows.into_iter().map(|row| row.0));
        }
        Ok(found)
    }

    pub(crate) async fn sweep_messages(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let removed = sqlx::query(
            "DELETE FROM messages WHERE id IN (
                 SELECT id FROM messages WHERE planned_at < $1 AND next_at IS NULL AND state <> 'attempting' LIMIT $2)",
        )
        .bind(before)
        .bind(most)
        .execute(&self.writer)
        .await?;
        // Those without an end are open as long as their offer runs.
        let ended = sqlx::query(
            "DELETE FROM promises WHERE (message_id, offer) IN
                 (SELECT message_id, offer FROM promises WHERE ends_at < $1 LIMIT $2)",
        )
        .bind(before)
        .bind(most)
        .execute(&self.writer)
        .await?;
        Ok(removed.rows_affected().saturating_add(ended.rows_affected()))
    }

    pub(crate) async fn send_again(&self, cause: &str, ids: &[String], at: i64) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        // Written first, so that a call that stops or pauses it waits, or is waited for.
        let state: Option<String> = sqlx::query_scalar(
            "UPDATE mailings SET changed_at = $1, state = CASE state WHEN 'done' THEN 'running' ELSE state END
             WHERE 'mailing/' || name = $2 RETURNING state",
        )
        .bind(at)
        .bind(cause)
        .fetch_optional(&mut *transaction)
        .await?;
        let is_running = match state.as_deref() {
            Some("running") => true,
            Some("paused") => false,
            _ => return Ok(0),
        };
        let mut query = statement("UPDATE messages SET state = 'planned', reason = 'again', next_at = ");
        query.push_bind(at).push(", changed_at = ").push_bind(at);
        query.push(", too_late_after = NULL WHERE next_at IS NULL AND cause = ").push_bind(cause.to_owned());
        query.push(" AND state IN ").push(ENDED).push(" AND id IN ");
        push_texts(&mut query, ids.iter().map(String::as_str));
        let changed = query.build().execute(&mut *transaction).await?.rows_affected();
        if changed == 0 {
            return Ok(0);
        }
        // That of a paused mailing stays closed until it is resumed.
        if is_running {
            sqlx::query("UPDATE message_queues SET is_open = 1 WHERE queue = $1")
                .bind(cause)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }
}

/// Adds messages, at a time; returns the ids of those that were not there yet. To be called in the transaction that
/// decides to send them.
pub(super) async fn insert_planned(
    transaction: &mut Transaction,
    messages: &[PlannedMessage],
    at: i64,
) -> Result<Vec<String>, StoreError> {
    let mut queues: Vec<&str> = messages.iter().map(|message| message.queue.as_str()).collect();
    // Always in the same order, so that two planners cannot deadlock.
    queues.sort_unstable();
    queues.dedup();
    for queue in queues {
        sqlx::query("INSERT INTO message_queues (queue) VALUES ($1) ON CONFLICT (queue) DO NOTHING")
            .bind(queue)
            .execute(&mut **transaction)
            .await?;
    }
    let mut sorted: Vec<&PlannedMessage> = messages.iter().collect();
    sorted.sort_by(|left, right| left.id.cmp(&right.id));
    let mut added = Vec::new();
    for rows in sorted.chunks(PLANNED_MAX) {
        let mut query = statement(
            "INSERT INTO messages (id, cause, cause_kind, queue, number, channel, template, template_version,
                 category, topic, priority, variant, not_before, too_late_after, state, reason, lane, next_at,
                 payload, planned_at, changed_at) ",
        );
        query.push_values(rows, |mut row, message| {
            let state = if message.is_ghost { "ghost" } else { "planned" };
            row.push_bind(message.id.clone())
                .push_bind(message.cause.clone())
                .push_bind(message.cause_kind.clone())
                .push_bind(message.queue.clone())
                .push_bind(message.number)
                .push_bind(message.channel.clone())
                .push_bind(message.template.clone())
                .push_bind(message.template_version)
                .push_bind(message.category.clone())
                .push_bind(message.topic.clone())
                .push_bind(message.priority)
                .push_bind(message.variant.clone())
                .push_bind(message.not_before)
                .push_bind(message.too_late_after)
                .push_bind(state)
                .push_bind(message.reason.clone())
                .push_bind(message.number.rem_euclid(LANES))
                .push_bind((!message.is_ghost).then_some(message.not_before))
                .push_bind(message.values.clone())
                .push_bind(at)
                .push_bind(at);
        });
        query.push(" ON CONFLICT (id) DO NOTHING RETURNING id");
        let ids: Vec<String> = query.build_query_scalar().fetch_all(&mut **transaction).await?;
        added.extend(ids);
    }
    Ok(added)
}

/// Notes a first reaction to a message; later ones of the same kind change nothing.
pub(super) async fn note_reaction(
    transaction: &mut Transaction,
    id: &str,
    reaction: Reaction,
    at: i64,
) -> Result<(), StoreError> {
    let sql = match reaction {
        Reaction::Delivered => "UPDATE messages SET delivered_at = $1 WHERE id = $2 AND delivered_at IS NULL",
        Reaction::Opened => "UPDATE messages SET opened_at = $1 WHERE id = $2 AND opened_at IS NULL",
        Reaction::Clicked => "UPDATE messages SET clicked_at = $1 WHERE id = $2 AND clicked_at IS NULL",
        Reaction::Bounced => "UPDATE messages SET bounced_at = $1 WHERE id = $2 AND bounced_at IS NULL",
        Reaction::Complained => {
            "UPDATE messages SET complained_at = $1 WHERE id = $2 AND complained_at IS NULL"
        }
        Reaction::Unsubscribed => {
            "UPDATE messages SET unsubscribed_at = $1 WHERE id = $2 AND unsubscribed_at IS NULL"
        }
    };
    sqlx::query(sql).bind(at).bind(id).execute(&mut **transaction).await?;
    Ok(())
}

/// A message as it is read.
pub(super) struct Row(pub(super) MessageRow);

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self(MessageRow {
            id: row.try_get("id")?,
            cause: row.try_get("cause")?,
            cause_kind: row.try_get("cause_kind")?,
            queue: row.try_get("queue")?,
            number: row.try_get("number")?,
            channel: row.try_get("channel")?,
            template: row.try_get("template")?,
            template_version: row.try_get("template_version")?,
            category: row.try_get("category")?,
            topic: row.try_get("topic")?,
            priority: row.try_get("priority")?,
            variant: row.try_get("variant")?,
            not_before: row.try_get("not_before")?,
            too_late_after: row.try_get("too_late_after")?,
            state: row.try_get("state")?,
            reason: row.try_get("reason")?,
            detail: row.try_get("detail")?,
            lane: row.try_get("lane")?,
            attempts: row.try_get("attempts")?,
            next_at: row.try_get("next_at")?,
            values: row.try_get("payload")?,
            provider_id: row.try_get("provider_id")?,
            planned_at: row.try_get("planned_at")?,
            changed_at: row.try_get("changed_at")?,
            sent_at: row.try_get("sent_at")?,
            sent_to: row.try_get("sent_to")?,
        }))
    }
}
