//! When a wait ends: computed once, in the member's zone, as an instant.
//!
//! Spans of days and weeks keep the time of day on the member's clock, shorter ones are exact. What local times mean where
//! clocks change is in [`local_time`].

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::local_time::{self, LocalTime, Weekdays};

const DAYS_MAX: u32 = 5 * 366;

/// The unit of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`: days on the member's clock.
    Days,
    /// `w`: weeks on the member's clock.
    Weeks,
}

/// A length of time, such as `30m` or `3d`; at least one second, at most five years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    amount: u32,
    unit: Unit,
}

impl Span {
    /// A span; none if it is nothing or too long.
    pub fn new(amount: u32, unit: Unit) -> Option<Self> {
        let days = match unit {
            Unit::Seconds => amount.div_ceil(86_400),
            Unit::Minutes => amount.div_ceil(1_440),
            Unit::Hours => amount.div_ceil(24),
            Unit::Days => amount,
            Unit::Weeks => amount.checked_mul(7)?,
        };
        (amount > 0 && days <= DAYS_MAX).then_some(Self { amount, unit })
    }

    /// The instant this long after another, always a later one.
    pub fn after(self, now: i64, zone: &TimeZone) -> i64 {
        let amount = i64::from(self.amount);
        let exact = |seconds: i64| now.saturating_add(amount.saturating_mul(seconds).saturating_mul(1_000));
        let days = match self.unit {
            Unit::Seconds => return exact(1),
            Unit::Minutes => return exact(60),
            Unit::Hours => return exact(3_600),
            Unit::Days => amount,
            Unit::Weeks => amount.saturating_mul(7),
        };
        let later = Timestamp::from_millisecond(now)
            .ok()
            .and_then(|now| now.to_zoned(zone.clone()).checked_add(days.days()).ok());
        later.map_or_else(
            || exact(86_400),
            |later| later.timestamp().as_millisecond().max(now.saturating_add(1)),
        )
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str =
            "must be a whole number and a unit of s, m, h, d or w, from 1s to 5 years, such as 30m or 3d";
        let mut letters = text.chars();
        let unit = match letters.next_back() {
            Some('s') => Unit::Seconds,
            Some('m') => Unit::Minutes,
            Some('h') => Unit::Hours,
            Some('d') => Unit::Days,
            Some('w') => Unit::Weeks,
            _ => return Err(WANTED),
        };
        let digits = letters.as_str();
        let amount =
            if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None };
        amount.and_then(|amount| Self::new(amount, unit)).ok_or(WANTED)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Seconds => 's',
            Unit::Minutes => 'm',
            Unit::Hours => 'h',
            Unit::Days => 'd',
            Unit::Weeks => 'w',
        };
        write!(formatter, "{}{unit}", self.amount)
    }
}

/// A time of day, such as `10:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock(Time);

impl Clock {
    /// A time of day; none if no clock shows it.
    pub fn new(hour: i8, minute: i8) -> Option<Self> {
        Time::new(hour, minute, 0, 0).ok().map(Self)
    }

    /// The instant at which the clock of a zone shows this on a day, or on the next if the zone leaves the day out.
    pub fn on(self, day: Date, zone: &TimeZone) -> Option<i64> {
        local_time::instant(day, self.0, zone)
            .or_else(|| local_time::instant(day.tomorrow().ok()?, self.0, zone))
    }

    /// The first instant from `from` on at which the clock of a zone shows this on one of these days of the week: time and
    /// day hold together.
    pub fn next(self, from: i64, zone: &TimeZone, days: Weekdays) -> Option<i64> {
        local_time::next(from.checked_sub(1)?, LocalTime { time: self.0, days }, zone)
    }
}

impl FromStr for Clock {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "must be a time of day such as 09:30";
        let (hour, minute) = text.split_once(':').ok_or(WANTED)?;
        let two = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
            if digits { part.parse::<i8>().ok() } else { None }
        };
        let clock = two(hour).zip(two(minute)).and_then(|(hour, minute)| Self::new(hour, minute));
        clock.ok_or(WANTED)
    }
}

/// The days with these names: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`.
pub(super) fn weekdays<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Weekdays, &'static str> {
    let day = |name| match name {
        "mon" => Some(Weekday::Monday),
        "tue" => Some(Weekday::Tuesday),
        "wed" => Some(Weekday::Wednesday),
        "thu" => Some(Weekday::Thursday),
        "fri" => Some(Weekday::Friday),
        "sat" => Some(Weekday::Saturday),
        "sun" => Some(Weekday::Sunday),
        _ => None,
    };
    let days: Option<Vec<Weekday>> = names.into_iter().map(day).collect();
    let days = days.ok_or("must be days among mon, tue, wed, thu, fri, sat, sun")?;
    Weekdays::new(days).ok_or("must name at least one day, such as mon")
}

/// The instant that an attribute's date says, moved by days; `yearly` takes the next anniversary that is not over at
/// `now`. None if it is over, or no such day exists.
pub fn of_date(date: Date, days: i32, yearly: bool, clock: Clock, now: i64, zone: &TimeZone) -> Option<i64> {
    let on = |day: Date| clock.on(day.checked_add(i64::from(days).days()).ok()?, zone);
    if !yearly {
        return on(date).filter(|at| *at > now);
    }
    let today = zone.to_datetime(Timestamp::from_millisecond(now).ok()?).date();
    // The days may move it into a neighbouring year, or further.
    let reach = i16::try_from(days.unsigned_abs().div_ceil(365)).ok()?.checked_add(1)?;
    let first = today.year().checked_sub(reach)?;
    let last = today.year().checked_add(reach)?;
    (first..=last).filter_map(|year| on(anniversary(date, year)?)).find(|at| *at > now)
}

/// The anniversary of a date in a year; 29 February is 28 February in other years, as in the audience rules.
fn anniversary(date: Date, year: i16) -> Option<Date> {
    Date::new(year, date.month(), date.day()).or_else(|_| Date::new(year, date.month(), 28)).ok()
}
