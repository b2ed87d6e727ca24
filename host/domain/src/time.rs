//! Moments and periods, on the clock of the store where they need one.
//!
//! Zones are resolved by the caller: nothing here reads a clock or a zone.

use jiff::civil::{DateTime, Time, Weekday};

/// A moment as the store sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub instant: i64,
    /// The date and time on the store's clock, in whole seconds.
    pub local: DateTime,
    /// The latest date and time that the store's clock has shown so far, in whole seconds. It is later
    /// than `local` only while the clock repeats an hour.
    pub latest: DateTime,
}

impl Moment {
    /// A moment in an hour that the store's clock shows once.
    pub fn new(instant: i64, local: DateTime) -> Self {
        Self { instant, local, latest: local }
    }

    /// Day of the week on the store's clock: Monday is 1, Sunday is 7.
    pub fn weekday(&self) -> u8 {
        iso_weekday(self.local.weekday())
    }

    /// The day of the week before [`Self::weekday`].
    pub fn weekday_before(&self) -> u8 {
        iso_weekday(self.local.weekday().previous())
    }

    /// Seconds since midnight on the store's clock, as the clock shows them.
    pub fn second_of_day(&self) -> u32 {
        let since_midnight = self.local.time().duration_since(Time::midnight());
        u32::try_from(since_midnight.as_secs()).unwrap_or(0)
    }
}

/// One end of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// An instant, in seconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// A date and time on the store's clock, in whole seconds.
    Local(DateTime),
}

impl Bound {
    /// True once the bound is reached, for good: a local time that the clock repeats is reached the
    /// first time, one that it skips is reached right after the gap.
    fn reached_at(self, moment: &Moment) -> bool {
        match self {
            Self::Instant(seconds) => moment.instant >= seconds,
            Self::Local(local) => moment.latest >= local,
        }
    }
}

fn iso_weekday(day: Weekday) -> u8 {
    day.to_monday_one_offset().unsigned_abs()
}

/// A half-open period `[start, end)`; a missing bound is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// First moment inside.
    pub start: Option<Bound>,
    /// First moment after.
    pub end: Option<Bound>,
}

impl Period {
    /// True if the moment is in the period.
    pub fn contains(&self, moment: &Moment) -> bool {
        self.start.is_none_or(|start| start.reached_at(moment)) && !self.is_over(moment)
    }

    /// True if it has ended by the moment.
    pub fn is_over(&self, moment: &Moment) -> bool {
        self.end.is_some_and(|end| end.reached_at(moment))
    }
}
