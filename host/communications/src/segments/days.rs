//! Calendar days as numbers: day 0 is 1970-01-01.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The number of the day on which an instant (milliseconds since 1970) falls in a zone. Instants that no calendar has
/// count as the first or the last that one has.
pub fn day_of(at_ms: i64, zone: &TimeZone) -> i64 {
    let bound = if at_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let instant = Timestamp::from_millisecond(at_ms).unwrap_or(bound);
    number_of(zone.to_datetime(instant).date())
}

/// The number of a date.
pub fn number_of(date: Date) -> i64 {
    i64::from((date - epoch()).get_days())
}

/// The date of a day; the first or last of the calendar for a number that has none.
pub fn date_of(day: i64) -> Date {
    let bound = if day < 0 { Date::MIN } else { Date::MAX };
    let span = Span::new().try_days(day);
    span.and_then(|span| epoch().checked_add(span)).unwrap_or(bound)
}

/// The first instant of a day in a zone, in milliseconds since 1970. It is later than midnight where the clock is put
/// forward at midnight.
pub fn start_of(day: i64, zone: &TimeZone) -> i64 {
    match date_of(day).to_zoned(zone.clone()) {
        Ok(start) => start.timestamp().as_millisecond(),
        Err(_) => day.saturating_mul(86_400_000),
    }
}

/// The first day.
fn epoch() -> Date {
    Date::constant(1970, 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_zone() {
        let zone = |name: &str| TimeZone::get(name).expect("a zone");
        let midnight = 1_800_000_000_000 / 86_400_000 * 86_400_000;
        let day = midnight / 86_400_000;
        for (name, shift) in [("UTC", 0), ("Asia/Vladivostok", 10), ("America/New_York", -5)] {
            let zone = zone(name);
            let start = midnight - shift * 3_600_000;
            assert_eq!((day_of(start, &zone), day_of(start - 1, &zone)), (day, day - 1), "{name}");
            assert_eq!(start_of(day, &zone), start, "{name}");
        }
        assert_eq!(number_of(date_of(-400)), -400);
        // The last instant that there is falls on the day before the last one.
        assert_eq!(day_of(i64::MAX, &TimeZone::UTC), number_of(Date::MAX) - 1);
        assert_eq!(date_of(i64::MIN), Date::MIN);
    }

    #[test]
    fn a_day_without_midnight_begins_when_its_clock_does() {
        // Beirut: on 2026-03-29 the clock goes from 00:00 to 01:00.
        let zone = TimeZone::get("Asia/Beirut").expect("a zone");
        let day = number_of(Date::constant(2026, 3, 29));
        let start = start_of(day, &zone);
        assert_eq!((day_of(start, &zone), day_of(start - 1, &zone)), (day, day - 1));
    }
}
