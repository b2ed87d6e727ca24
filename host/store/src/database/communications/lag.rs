//! The longest waiting of each kind, each by one look into an index.

use super::Communications;
use crate::{QueueHead, StoreError};

impl Communications {
    /// The first of what is due of messages in open queues, of runs of chains, of their effects, and of events that the
    /// reader with a cursor has not read.
    pub(crate) async fn queue_heads(&self, reader: &str, now: i64) -> Result<Vec<QueueHead>, StoreError> {
        let messages: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT q.queue, m.id, m.next_at FROM message_queues AS q JOIN messages AS m ON m.id =
                 (SELECT id FROM messages WHERE queue = q.queue AND next_at <= $1 ORDER BY next_at LIMIT 1)
             WHERE q.is_open = 1",
        )
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        let run: Option<(i64, i64)> = sqlx::query_as(
            "SELECT r.id, r.wake_at FROM chain_shards AS s JOIN chain_runs AS r ON r.id =
                 (SELECT id FROM chain_runs WHERE shard = s.shard AND wake_at <= $1 ORDER BY wake_at LIMIT 1)
             ORDER BY r.wake_at LIMIT 1",
        )
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        let effect: Option<(String, i64)> = sqlx::query_as(
            "SELECT id, next_at FROM chain_effects WHERE next_at <= $1 ORDER BY next_at LIMIT 1",
        )
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        let event: Option<(i64, i64)> = sqlx::query_as(
            "SELECT seq, received_at FROM events
             WHERE seq > (SELECT COALESCE(MAX(position), 0) FROM cursors WHERE name = $1) ORDER BY seq LIMIT 1",
        )
        .bind(reader)
        .fetch_optional(&self.pool)
        .await?;
        let mut heads: Vec<QueueHead> = messages
            .into_iter()
            .map(|(queue, head, due_at)| QueueHead { queue: format!("messages/{queue}"), head, due_at })
            .collect();
        let of_chains = [
            ("chains/waits", run.map(|(id, at)| (id.to_string(), at))),
            ("chains/effects", effect),
            ("chains/events", event.map(|(seq, at)| (seq.to_string(), at))),
        ];
        for (queue, head) in of_chains {
            let queue = queue.to_owned();
            heads.extend(head.map(|(head, due_at)| QueueHead { queue, head, due_at }));
        }
        Ok(heads)
    }
}
