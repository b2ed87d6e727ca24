//! The clock that all nodes share, as far as this node knows it. Nothing that prices a receipt reads it: time comes in as
//! data. What expires, and what moves points, goes by [`Store::now`] itself.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use store::{Store, StoreError};

/// Milliseconds by which the clock of the database is ahead of this machine's.
static AHEAD_MS: AtomicI64 = AtomicI64::new(0);
/// A difference below this is not told from the time that asking takes.
const SAME_MS: i64 = 250;

/// Seconds since 1970, by the clock of the database as it was when this node last looked.
pub fn now() -> i64 {
    own_ms().saturating_add(AHEAD_MS.load(Ordering::Relaxed)).div_euclid(1000)
}

/// Looks at the clock of the database.
pub async fn follow(store: &Store) -> Result<(), StoreError> {
    let ahead = store.now_ms().await?.saturating_sub(own_ms());
    let ahead = if ahead.saturating_abs() < SAME_MS { 0 } else { ahead };
    if ahead != AHEAD_MS.swap(ahead, Ordering::Relaxed) {
        tracing::info!(milliseconds = ahead, "the clock of the database is ahead of this machine's");
    }
    Ok(())
}

fn own_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
