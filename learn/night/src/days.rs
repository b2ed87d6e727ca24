//! Days, as numbers since 1 January 1970 and as dates.

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// The date of a day.
pub(crate) fn date(day: i64) -> String {
    let date = TimeDelta::try_days(day).and_then(|days| NaiveDate::default().checked_add_signed(days));
    date.unwrap_or_default().to_string()
}

/// The day of a date.
pub(crate) fn day(date: &str) -> anyhow::Result<i64> {
    features::day_of(date).map_err(|error| anyhow!(error))
}

/// The day of a time of the feed, by the clocks of the chain.
pub(crate) fn day_at(time: &str, zone: Tz) -> anyhow::Result<i64> {
    let parsed = DateTime::parse_from_rfc3339(time).with_context(|| format!("\"{time}\" is not a time"))?;
    Ok(parsed.with_timezone(&zone).date_naive().signed_duration_since(NaiveDate::default()).num_days())
}

/// Today by the clocks of the chain.
pub(crate) fn today(zone: Tz) -> String {
    let seconds = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    let now = i64::try_from(seconds).ok().and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
    now.unwrap_or_default().with_timezone(&zone).date_naive().to_string()
}
