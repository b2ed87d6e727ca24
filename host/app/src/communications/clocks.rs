//! Times that callers send: how they are written, and how far they may be from now.

use jiff::Timestamp;
use serde_json::Value;
use wire::reader::Node;

use crate::config::communications::Communications as Settings;

/// The times that an answer or a suppression may have: any in the past since 2000, and not in the future.
pub(super) struct TimesAllowed {
    now: i64,
    latest: i64,
    ahead_seconds: i64,
}

/// 2000-01-01T00:00:00Z: what is earlier is a wrong unit or a wrong clock.
const EARLIEST: i64 = 946_684_800_000;

impl TimesAllowed {
    pub(super) fn new(settings: &Settings, now: i64) -> Self {
        let ahead_seconds = settings.event_ahead_seconds;
        Self { now, latest: now.saturating_add(ahead_seconds.saturating_mul(1000)), ahead_seconds }
    }

    /// Refuses a time that cannot be right.
    pub(super) fn check(&self, node: Node<'_, '_>, at: i64) -> Option<i64> {
        let told = Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string());
        if at < EARLIEST {
            return node.refuse(
                "time_too_old",
                format!("{told} is before 2000; numbers are milliseconds since 1970, not seconds"),
            );
        }
        if at > self.latest {
            let (now, ahead) =
                (Timestamp::from_millisecond(self.now).unwrap_or_default(), self.ahead_seconds);
            return node.refuse(
                "time_in_future",
                format!(
                    "{told} is more than {ahead} seconds after the host's {now}; check the sender's clock"
                ),
            );
        }
        Some(at)
    }
}

/// A time as RFC 3339 or as milliseconds since 1970.
pub(super) fn instant<'v, 'r>(node: Node<'v, 'r>) -> Option<(Node<'v, 'r>, i64)> {
    let at = match node.value() {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse::<Timestamp>().map(Timestamp::as_millisecond).ok(),
        _ => None,
    };
    match at {
        Some(at) => Some((node, at)),
        None => node.refuse(
            "not_a_time",
            "must be a time with offset like 2026-11-22T10:15:00+03:00, or milliseconds since 1970",
        ),
    }
}
