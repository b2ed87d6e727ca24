//! The alarm: which queue is behind, and by how much. Every process looks, so that also one that sends nothing tells that
//! nobody does.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::QueueHead;
use tokio::sync::Mutex;

use super::chains;
use super::workers::Step;
use crate::error::Error;
use crate::state::App;

/// Queues that are told of, the slowest first.
const TOLD_MAX: usize = 50;

/// Looks at the queues again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    heads: Arc<Mutex<Heads>>,
}

/// The first message of each queue, and since when it has been that.
type Heads = BTreeMap<String, (String, i64)>;

impl Watch {
    /// Notes how far each queue is behind, and warns of those that are beyond the setting.
    pub(super) async fn step(self, app: App) -> Result<Step, Error> {
        let now = app.communications.now_ms().await?;
        let heads = app.communications.queue_heads(chains::CURSOR, now).await?;
        let mut known = self.heads.lock().await;
        let (seen, lags) = lags(&known, heads, now);
        *known = seen;
        let most = app.config.communications.lag_seconds;
        let before = app.metrics.lag.beyond(most);
        app.metrics.lag.set(lags);
        let after = app.metrics.lag.beyond(most);
        for (queue, seconds) in after.iter().filter(|(queue, _)| !before.contains_key(*queue)) {
            tracing::warn!(
                queue,
                seconds,
                "a queue of communications is behind (communications.lag_seconds)"
            );
        }
        for queue in before.keys().filter(|queue| !after.contains_key(*queue)) {
            tracing::info!(queue, "a queue of communications is not behind any more");
        }
        Ok(Step::Idle)
    }
}

/// The lags in seconds. That of messages is the time for which the first one has been due and the first: a queue that its
/// limit slows down goes on, and is not behind. Waits of chains have no limit, and are behind from their time on.
fn lags(known: &Heads, heads: Vec<QueueHead>, now: i64) -> (Heads, BTreeMap<String, i64>) {
    let mut seen = Heads::new();
    let mut lags = Vec::with_capacity(heads.len());
    for QueueHead { queue, head, due_at } in heads {
        let since = known.get(&queue).filter(|(before, _)| *before == head).map_or(now, |(_, since)| *since);
        let from = if queue.starts_with("messages/") { since.max(due_at) } else { due_at };
        lags.push((now.saturating_sub(from).div_euclid(1_000).max(0), queue.clone()));
        seen.insert(queue, (head, since));
    }
    lags.sort_by(|one, other| other.cmp(one));
    lags.truncate(TOLD_MAX);
    (seen, lags.into_iter().map(|(lag, queue)| (queue, lag)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(queue: &str, head: &str, due_at: i64) -> QueueHead {
        QueueHead { queue: queue.to_owned(), head: head.to_owned(), due_at }
    }

    #[test]
    fn a_slow_queue_goes_on_and_a_still_one_is_behind() {
        let look = |known: &Heads, first: &str, now: i64| {
            lags(known, vec![head("messages/m", first, 0), head("chains/waits", "1", 0)], now)
        };
        let lag = |lags: &BTreeMap<String, i64>, queue: &str| lags.get(queue).copied();
        let (known, first) = look(&Heads::new(), "a", 600_000);
        assert_eq!(lag(&first, "messages/m"), Some(0), "the process has just begun to look");
        assert_eq!(lag(&first, "chains/waits"), Some(600));
        let (known, moved) = look(&known, "b", 700_000);
        assert_eq!(lag(&moved, "messages/m"), Some(0));
        let (known, still) = look(&known, "b", 790_500);
        assert_eq!(lag(&still, "messages/m"), Some(90));
        assert_eq!(lags(&known, Vec::new(), 800_000), (Heads::new(), BTreeMap::new()));
    }

    #[test]
    fn only_the_slowest_are_told_of() {
        let heads =
            (0..200_i64).map(|number| head(&format!("chains/{number}"), "", number * 1_000)).collect();
        let (_, told) = lags(&Heads::new(), heads, 200_000);
        assert_eq!((told.len(), told.values().min()), (TOLD_MAX, Some(&151)));
    }
}
