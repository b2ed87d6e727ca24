//! Points in time as data: an instant and the same moment on the clock of the store.

/// A moment as the store sees it. The edges work it out; the domain has no clock and no zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub instant: i64,
    /// The local date and time.
    pub local: LocalTime,
}

/// Date and time on the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The same date and time, counted in seconds as if the zone were UTC; for comparing.
    pub seconds: i64,
    /// Gregorian year.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// ISO: Monday is 1, Sunday is 7.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl LocalTime {
    /// Seconds since local midnight.
    pub fn second_of_day(&self) -> u32 {
        u32::from(self.hour) * 3600 + u32::from(self.minute) * 60 + u32::from(self.second)
    }
}

/// One end of a period, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The same instant everywhere.
    Instant(i64),
    /// A date and time on the store's clock, whatever the zone; see [`LocalTime::seconds`].
    Local(i64),
}

impl Bound {
    fn reached_at(self, moment: &Moment) -> bool {
        match self {
            Self::Instant(seconds) => moment.instant >= seconds,
            Self::Local(seconds) => moment.local.seconds >= seconds,
        }
    }
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
    /// Whether the moment lies inside.
    pub fn contains(&self, moment: &Moment) -> bool {
        self.start.is_none_or(|start| start.reached_at(moment))
            && !self.end.is_some_and(|end| end.reached_at(moment))
    }
}
