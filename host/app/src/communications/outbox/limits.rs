//! Limits of messages a second: each message gets a time of its own, which all nodes share out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use store::{MessageQueue, RateLimit};

use super::decide::Ready;
use super::waves::Times;
use crate::error::Error;
use crate::state::App;

/// How far ahead times of a limit are taken.
const AHEAD_MS: i64 = 250;

/// Messages of a batch that may go out, and when.
#[derive(Default)]
pub(super) struct Allowed {
    /// By channel, in the order of their times.
    pub(super) lines: BTreeMap<String, (Vec<Ready>, Option<Times>)>,
    /// How long the queue has to wait if a limit has no time left.
    pub(super) wait: Option<Duration>,
}

/// Leaves those out that a limit has no time for yet, and says when each of the others may go.
pub(super) async fn within(app: &App, queue: &MessageQueue, ready: Vec<Ready>) -> Result<Allowed, Error> {
    let mut by_channel: BTreeMap<String, Vec<Ready>> = BTreeMap::new();
    for ready in ready {
        by_channel.entry(ready.row.channel.clone()).or_default().push(ready);
    }
    let mut allowed = Allowed::default();
    for (channel, mut ready) in by_channel {
        let account = ready.first().and_then(|ready| ready.route.per_1000_seconds);
        let queue_rate = queue.rate.map(|rate| (queue.queue.clone(), rate.saturating_mul(1_000)));
        let limits: Vec<RateLimit> = queue_rate
            .into_iter()
            .chain(account.map(|rate| (format!("channel/{channel}"), rate)))
            .map(|(name, per_1000_seconds)| RateLimit { name, per_1000_seconds })
            .collect();
        if limits.is_empty() {
            allowed.lines.insert(channel, (ready, None));
            continue;
        }
        let taken = app.communications.take_slots(&limits, ready.len(), AHEAD_MS).await?;
        if taken.count == 0 {
            allowed.wait = Some(microseconds(taken.wait_us));
            continue;
        }
        ready.truncate(taken.count);
        let times = Times {
            first: Instant::now().checked_add(microseconds(taken.wait_us)).unwrap_or_else(Instant::now),
            every: microseconds(taken.every_us),
        };
        allowed.lines.insert(channel, (ready, Some(times)));
    }
    Ok(allowed)
}

fn microseconds(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

/// Messages of one batch at most. Of a limited queue no more than it may send soon, since the others would be decided
/// about in vain.
pub(super) fn batch(app: &App, rate: Option<i64>) -> i64 {
    let most = app.config.communications.send_batch;
    let soon = rate.map(|rate| rate.saturating_mul(AHEAD_MS).div_euclid(1_000).saturating_add(1));
    soon.map_or(most, |soon| soon.min(most))
}
