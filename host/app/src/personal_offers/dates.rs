//! Bounds of periods, on the clock of the reader.

use domain::time::{Bound, Period};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// Time for which an item is listed after its end: more than the clock of any store is behind.
const SHOWN_AFTER_END_SECONDS: i64 = 24 * 60 * 60;

/// The latest start and the earliest end. Times on a store's clock are compared as if it were UTC.
pub(super) fn within(periods: &[&Period]) -> Period {
    let starts = periods.iter().filter_map(|period| period.start);
    let ends = periods.iter().filter_map(|period| period.end);
    Period {
        start: starts.max_by_key(|bound| seconds(*bound)),
        end: ends.min_by_key(|bound| seconds(*bound)),
    }
}

/// True if the period is over at a time, whatever the clock of the store.
pub(super) fn ended(period: &Period, now: i64) -> bool {
    let over = now.saturating_sub(SHOWN_AFTER_END_SECONDS);
    period.end.is_some_and(|end| seconds(end) < over)
}

/// A bound as RFC 3339 on the clock of a zone. A time without zone is one of that clock: an hour that it repeats counts
/// the first time, one that it skips ends with the gap.
pub(super) fn text(bound: Bound, zone: &TimeZone) -> Option<String> {
    let instant = match bound {
        Bound::Instant(seconds) => Timestamp::from_second(seconds).ok()?,
        Bound::Local(local) => match zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
            AmbiguousOffset::Gap { before, .. } => {
                // `preceding` is exclusive.
                let inside = before.to_timestamp(local).ok()?.checked_add(1.second()).ok()?;
                zone.preceding(inside).next()?.timestamp()
            }
        },
    };
    Some(instant.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

fn seconds(bound: Bound) -> i64 {
    match bound {
        Bound::Instant(seconds) => seconds,
        // The edge takes no local time beyond the range of instants.
        Bound::Local(local) => Offset::UTC.to_timestamp(local).map_or(i64::MAX, |time| time.as_second()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn bounds_are_on_the_clock_of_the_reader() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let local = |month, day, hour, minute| Bound::Local(date(2026, month, day).at(hour, minute, 0, 0));
        for (bound, expected) in [
            (local(11, 1, 0, 0), "2026-11-01T00:00:00+01:00"),
            (local(7, 1, 0, 0), "2026-07-01T00:00:00+02:00"),
            (local(10, 25, 2, 30), "2026-10-25T02:30:00+02:00"),
            (local(3, 29, 2, 0), "2026-03-29T03:00:00+02:00"),
            (local(3, 29, 2, 30), "2026-03-29T03:00:00+02:00"),
            (Bound::Instant(1_800_000_000), "2027-01-15T09:00:00+01:00"),
        ] {
            assert_eq!(text(bound, &zone).as_deref(), Some(expected), "{bound:?}");
        }
    }
}
