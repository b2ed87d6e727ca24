//! Parts of the answers that all channels give.

use senders::Outcome;

/// Milliseconds after which a channel is looked at again whose account cannot be opened, or whose day is full.
const LATER_MS: i64 = 60_000;

/// The shorter of two times to live.
pub(super) fn shorter(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

/// A message that is tried again in a while, with the reason.
pub(super) fn later(reason: String) -> Outcome {
    Outcome::Later { after_ms: LATER_MS, reason }
}
