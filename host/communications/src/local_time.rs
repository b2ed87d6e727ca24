//! Local times and days of a zone as instants.
//!
//! A time that the zone's clock shows twice is its first showing; one that the clock skips is right after the gap. So each
//! local time comes exactly once on each day, and what waits for it is compared in UTC.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// Days that are looked through for one that suits: each weekday comes twice, also if a zone leaves out a day.
const DAYS_MAX: i32 = 15;

/// A time of day, on some days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The time on the clock of the zone.
    pub time: Time,
    /// The days of the week.
    pub days: Weekdays,
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b0111_1111);

    /// A set of days; none if it is empty, for which nothing could wait.
    pub fn new(days: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        let days = days.into_iter().fold(0, |set, day| set | bit(day));
        (days != 0).then_some(Self(days))
    }

    /// True if the day is in the set.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset().rem_euclid(7)
}

/// The instant at which a local time comes on a date, in milliseconds. None if the zone leaves out the whole date, or the
/// calendar ends.
pub fn instant(date: Date, time: Time, zone: &TimeZone) -> Option<i64> {
    let local = date.to_datetime(time);
    let at = |offset: Offset| offset.to_timestamp(local).ok();
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => at(offset),
        // With the offset from before, it is the first of the two.
        AmbiguousOffset::Fold { before, .. } => at(before),
        AmbiguousOffset::Gap { before, after } => {
            let is_whole_day = after.seconds().abs_diff(before.seconds()) >= 86_400;
            // With the offset from after the gap, it is an instant before the gap.
            let gap = zone.following(at(after)?).next().map(|transition| transition.timestamp());
            gap.filter(|_| !is_whole_day)
        }
    }
    .map(Timestamp::as_millisecond)
}

/// The first instant at which a local time comes strictly after another, in milliseconds. None only where the calendar
/// ends.
pub fn next(after: i64, wanted: LocalTime, zone: &TimeZone) -> Option<i64> {
    let today = date(after, zone)?;
    (-1..DAYS_MAX).find_map(|days| {
        let date = today.checked_add(days.days()).ok()?;
        let suits = wanted.days.contains(date.weekday());
        let at = suits.then(|| instant(date, wanted.time, zone)).flatten()?;
        (at > after).then_some(at)
    })
}

/// The date on the clock of a zone at an instant in milliseconds; none beyond the calendar.
pub fn date(at: i64, zone: &TimeZone) -> Option<Date> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(zone.to_datetime(at).date())
}

/// The instant at which a day begins on the clock of a zone, in milliseconds. The first instant of that date, or, if the
/// zone leaves it out, of the one after.
pub fn start_of_day(date: Date, zone: &TimeZone) -> Option<i64> {
    let start = date.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    Some(start.timestamp().as_millisecond())
}

/// The instant `days` whole days of a zone before the end of the day of `at`: the first of the last `days` days, today
/// among them.
pub fn start_of_days(at: i64, days: u16, zone: &TimeZone) -> Option<i64> {
    let back = i64::from(days.saturating_sub(1)).days();
    start_of_day(date(at, zone)?.checked_sub(back).ok()?, zone)
}

#[cfg(test)]
pub(crate) mod tests;
