//! Messages: planning them.

use super::super::Transaction;
use super::super::bulk::statement;
use crate::{LANES, PlannedMessage, StoreError};

/// Messages of one statement at most: SQLite takes 32,766 values.
const PLANNED_MAX: usize = 500;

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
                 category, topic, priority, variant, not_before, too_late_after, state, lane, next_at, payload,
                 planned_at, changed_at) ",
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
