//! Sending: what is due, and what becomes of it. Nothing goes on the wire before its attempt is committed here.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;

use super::super::bulk::statement;
use super::super::dialect::{self, QueryBuilder};
use super::members::now_in;
use super::messages::Row;
use super::{Communications, Transaction, events, reactions, templates};
use crate::{LANES, MessageChange, MessageLinks, MessageQueue, MessageRow, NewEvent, PromiseRow, StoreError};

/// Changes of one statement at most: SQLite takes 32,766 values.
const CHANGES_MAX: usize = 500;

/// Sets the state of messages to that of a list of values.
const CHANGE: &str = "UPDATE messages SET state = v.column3, reason = v.column4, next_at = v.column5,
     provider_id = COALESCE(v.column6, provider_id), sent_at = COALESCE(v.column7, sent_at),
     may_repeat = v.column8, attempts = v.column9, changed_at = v.column10,
     detail = v.column11, sent_to = COALESCE(v.column12, sent_to) FROM (";

impl Communications {
    pub(crate) async fn open_queues(&self) -> Result<Vec<MessageQueue>, StoreError> {
        let query = "SELECT queue, rate FROM message_queues WHERE is_open = 1 ORDER BY priority DESC, queue";
        let rows: Vec<(String, Option<i64>)> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(queue, rate)| MessageQueue { queue, rate }).collect())
    }

    pub(crate) async fn due_messages(
        &self,
        queue: &str,
        lanes: &[i64],
        now: i64,
        most: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let mut query = statement("SELECT * FROM messages WHERE queue = ");
        query.push_bind(queue.to_owned()).push(" AND next_at <= ").push_bind(now);
        if i64::try_from(lanes.len()).unwrap_or(LANES) < LANES {
            query.push(" AND lane IN (");
            let mut list = query.separated(", ");
            for lane in lanes {
                list.push_bind(*lane);
            }
            query.push(")");
        }
        query.push(" ORDER BY next_at LIMIT ").push_bind(most);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn begin_attempts(
        &self,
        (owner, lease_ms): (&str, i64),
        queue: &str,
        lanes: &[i64],
        changes: &[MessageChange],
        now: i64,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut transaction = self.begin().await?;
        // Written first, so that whoever wants to take one of these lanes waits until this is committed; and from here on
        // the whole lease is there to send in.
        let from = now_in(&mut transaction).await?;
        let held: Vec<i64> = sqlx::query_scalar(
            "UPDATE message_lanes SET leased_until = $1 WHERE owner = $2 AND leased_until > $3 RETURNING lane",
        )
        .bind(from.saturating_add(lease_ms))
        .bind(owner)
        .bind(from)
        .fetch_all(&mut *transaction)
        .await?;
        // Once a call that closes the queue has ended, nothing of it begins.
        let query = format!("SELECT is_open FROM message_queues WHERE queue = $1{}", dialect::UNCHANGED);
        let is_open: Option<i64> =
            sqlx::query_scalar(AssertSqlSafe(query)).bind(queue).fetch_optional(&mut *transaction).await?;
        if is_open != Some(1) || lanes.iter().any(|lane| !held.contains(lane)) {
            return Ok(BTreeSet::new());
        }
        let waiting = " AND messages.next_at IS NOT NULL";
        let changed = change(&mut transaction, changes, waiting, now).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    pub(crate) async fn end_attempts(
        &self,
        changes: &[MessageChange],
        now: i64,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut transaction = self.begin().await?;
        // Also what another worker has given up as unknown meanwhile, or is about to repeat: here it is known.
        let ours = " AND messages.state IN ('attempting', 'unknown', 'planned')";
        let changed = change(&mut transaction, changes, ours, now).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

impl Communications {
    pub(crate) async fn take_back_messages(
        &self,
        changes: &[MessageChange],
        now: i64,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut transaction = self.begin().await?;
        let undelivered = " AND messages.state = 'sent' AND messages.delivered_at IS NULL";
        let changed = change(&mut transaction, changes, undelivered, now).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

/// Writes changes of messages with their events; returns the ids of those that could be.
async fn change(
    transaction: &mut Transaction,
    changes: &[MessageChange],
    condition: &'static str,
    now: i64,
) -> Result<BTreeSet<String>, StoreError> {
    let mut sorted: Vec<&MessageChange> = changes.iter().collect();
    sorted.sort_by(|left, right| left.id.cmp(&right.id));
    let mut changed = BTreeSet::new();
    for rows in sorted.chunks(CHANGES_MAX) {
        let mut query = statement(CHANGE);
        push_changes(&mut query, rows, now);
        query.push(") AS v WHERE messages.id = v.column1 AND messages.attempts = v.column2");
        query.push(condition).push(" RETURNING messages.id");
        let ids: Vec<String> = query.build_query_scalar().fetch_all(&mut **transaction).await?;
        changed.extend(ids);
    }
    let events: Vec<NewEvent> = sorted
        .into_iter()
        .filter(|change| changed.contains(&change.id))
        .filter_map(|change| change.event.clone())
        .collect();
    if !events.is_empty() {
        events::append(transaction, &events).await?;
    }
    let told: Vec<&MessageChange> = changes.iter().filter(|change| changed.contains(&change.id)).collect();
    let promises: Vec<PromiseRow> = told.iter().flat_map(|change| change.promises.clone()).collect();
    templates::keep(transaction, &promises).await?;
    let links: Vec<MessageLinks> = told.into_iter().filter_map(|change| change.links.clone()).collect();
    reactions::insert_links(transaction, &links).await?;
    Ok(changed)
}

fn push_changes(query: &mut QueryBuilder, rows: &[&MessageChange], now: i64) {
    query.push_values(rows, |mut row, change| {
        let attempt = i64::from(change.counts);
        row.push_bind(change.id.clone())
            .push_bind(change.attempts)
            .push_bind(change.state.clone())
            .push_bind(change.reason.clone())
            .push_bind(change.next_at)
            .push_bind(change.provider_id.clone())
            .push_bind(change.sent_at)
            .push_bind(i64::from(change.may_repeat))
            .push_bind(change.attempts.saturating_add(attempt))
            .push_bind(now)
            .push_bind(change.detail.clone())
            .push_bind(change.sent_to.clone());
    });
}
