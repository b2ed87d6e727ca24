//! Days and times as numbers.

use std::str::FromStr as _;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};
use chrono_tz::Tz;

/// The parts of a day: number, name, and the hours that they begin and end at.
pub(crate) const DAYPARTS: [(i64, &str, u32, u32); 5] = [
    (1, "night", 0, 6),
    (2, "morning", 6, 11),
    (3, "midday", 11, 15),
    (4, "afternoon", 15, 18),
    (5, "evening", 18, 24),
];

/// When a receipt was written, by the clocks of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Days since 1 January 1970.
    pub day: i64,
    /// From 1 to 5, as [`DAYPARTS`] has them; 0 if only the date is known.
    pub daypart: i64,
}

/// The time zone of the chain.
#[derive(Clone, Copy, Debug)]
pub struct Zone(Tz);

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// A zone by its IANA name, such as `Europe/Berlin`.
    ///
    /// # Errors
    ///
    /// There is no such zone.
    pub fn named(name: &str) -> Result<Self, String> {
        Tz::from_str(name)
            .map(Self)
            .map_err(|_| format!("\"{name}\" is not a time zone such as Europe/Berlin"))
    }

    /// Reads `2026-01-05T10:15:00+01:00`, the same without an offset, which is then a time of this zone, or
    /// a date.
    pub(crate) fn moment(self, text: &str) -> Result<Moment, String> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(moment(time.with_timezone(&self.0).naive_local()));
        }
        for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
            if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
                return Ok(moment(time));
            }
        }
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) => Ok(Moment { day: number(date), daypart: 0 }),
            Err(_) => Err(format!("\"{text}\" is not a time such as 2026-01-05T10:15:00+01:00")),
        }
    }
}

/// The number of a date given as `2026-01-05`.
///
/// # Errors
///
/// It is not a date.
pub fn day_of(date: &str) -> Result<i64, String> {
    let parsed = NaiveDate::parse_from_str(date, "%Y-%m-%d");
    parsed.map(number).map_err(|_| format!("\"{date}\" is not a date such as 2026-01-05"))
}

fn number(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

fn moment(time: NaiveDateTime) -> Moment {
    let part = DAYPARTS.iter().find(|(.., end)| time.hour() < *end);
    Moment { day: number(time.date()), daypart: part.map_or(0, |(number, ..)| *number) }
}

/// Month, from 1, and weekday, from 1 for Monday, of a day.
pub(crate) fn month_and_weekday(day: i64) -> Option<(i64, i64)> {
    let date = NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(day)?)?;
    Some((i64::from(date.month()), i64::from(date.weekday().number_from_monday())))
}
