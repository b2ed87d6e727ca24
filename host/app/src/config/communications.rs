//! The section `communications`: events of members, and what is said to them.

use serde::Deserialize;
use store::{Communications as Store, Options};

use super::sections::Database;

/// Communications, as `config.default.toml` explains the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Communications {
    pub database: String,
    pub feed_rows: i64,
    pub feed_every_ms: u64,
    pub events_per_call: usize,
    pub events_bytes: usize,
    pub event_bytes: usize,
    pub event_behind_days: i64,
    pub event_ahead_seconds: i64,
    pub events_days: i64,
    pub profile_events: i64,
}

/// The longest that events are kept, or may be late: a century.
const DAYS_MAX: i64 = 36_500;

impl Communications {
    /// How the service opens its database, which lies beside that of tills unless a setting says otherwise.
    pub fn options(&self, tills: &Database) -> Options {
        let url = match self.database.as_str() {
            "" => Store::url_beside(&tills.url),
            url => url.to_owned(),
        };
        Options { url, ..tills.options() }
    }

    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let positive = [
            ("feed_rows", self.feed_rows),
            ("feed_every_ms", i64::try_from(self.feed_every_ms).unwrap_or(i64::MAX)),
            ("events_per_call", i64::try_from(self.events_per_call).unwrap_or(i64::MAX)),
            ("events_bytes", i64::try_from(self.events_bytes).unwrap_or(i64::MAX)),
            ("event_bytes", i64::try_from(self.event_bytes).unwrap_or(i64::MAX)),
            ("event_behind_days", self.event_behind_days),
            ("profile_events", self.profile_events),
        ];
        for (key, value) in positive {
            if value < 1 {
                problems.push(format!("communications.{key}: must be above 0"));
            }
        }
        for (key, value) in
            [("event_ahead_seconds", self.event_ahead_seconds), ("events_days", self.events_days)]
        {
            if value < 0 {
                problems.push(format!("communications.{key}: must be at least 0"));
            }
        }
        for (key, days) in [("event_behind_days", self.event_behind_days), ("events_days", self.events_days)]
        {
            if days > DAYS_MAX {
                problems.push(format!("communications.{key}: must be at most {DAYS_MAX}"));
            }
        }
        problems
    }
}
