//! Daily limits of channels: what a day leaves no room for waits for the next one, and no attempt is spent on it.

use std::collections::BTreeMap;

use communications::mailing::retry_after_ms;
use store::MessageChange;

use super::changes::settled;
use super::decide::Ready;
use crate::error::Error;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Why a message waits.
const REASON: &str = "day_limit";

/// Those of some messages that a day has room for, and what becomes of the others.
pub(super) async fn within(ready: Vec<Ready>, now: i64) -> Result<(Vec<Ready>, Vec<MessageChange>), Error> {
    let mut rooms: BTreeMap<String, Option<usize>> = BTreeMap::new();
    let (mut allowed, mut waiting) = (Vec::with_capacity(ready.len()), Vec::new());
    for ready in ready {
        let channel = &ready.row.channel;
        let room = match rooms.get(channel).copied() {
            Some(room) => room,
            None => ready.route.room_of_day().await?,
        };
        rooms.insert(channel.clone(), room.map(|room| room.saturating_sub(1)));
        if room == Some(0) {
            waiting.push(settled(&ready.row, "held", REASON, Some(next_day(&ready, now))));
        } else {
            allowed.push(ready);
        }
    }
    Ok((allowed, waiting))
}

/// When the next day (UTC) begins; a little later, so that not all messages come back at once.
fn next_day(ready: &Ready, now: i64) -> i64 {
    let begins = now.div_euclid(DAY_MS).saturating_add(1).saturating_mul(DAY_MS);
    begins.saturating_add(retry_after_ms(&ready.row.id, 1, 0))
}
