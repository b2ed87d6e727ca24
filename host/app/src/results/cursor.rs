//! Positions of readers in the feed.

use std::fmt;
use std::str::FromStr;

/// After an event: the number of its row in the feed, and of the event in it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// From 1.
    pub row: i64,
    /// From 1.
    pub event: usize,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.row, self.event)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (row, event) = text.split_once('.').ok_or(())?;
        if !number(row) || !number(event) {
            return Err(());
        }
        Ok(Self { row: row.parse().map_err(|_| ())?, event: event.parse().map_err(|_| ())? })
    }
}

/// The position that a reader starts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// After this event.
    pub after: Cursor,
    /// With what happened at this time or later, in seconds since 1970.
    pub since: i64,
}

impl Start {
    /// From a cursor or an RFC 3339 time; from the first event if there is neither.
    pub fn read(text: Option<&str>) -> Option<Self> {
        let first = Self { after: Cursor::default(), since: i64::MIN };
        let Some(text) = text else { return Some(first) };
        if let Ok(after) = text.parse() {
            return Some(Self { after, ..first });
        }
        // A plus sign that was not encoded in the address arrives as a space.
        let time: jiff::Timestamp = text.replace(' ', "+").parse().ok()?;
        Some(Self {
            since: time.as_second().saturating_add(i64::from(time.subsec_nanosecond() > 0)),
            ..first
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_starts_after_an_event_or_at_a_time() {
        let at = |row, event| Start { after: Cursor { row, event }, since: i64::MIN };
        let since = |since| Start { after: Cursor::default(), since };
        for (text, expected) in [
            (None, Some(at(0, 0))),
            (Some("17.3"), Some(at(17, 3))),
            (Some("2027-01-15T08:00:00Z"), Some(since(1_800_000_000))),
            (Some("2027-01-15T11:00:00+03:00"), Some(since(1_800_000_000))),
            (Some("2027-01-15T11:00:00 03:00"), Some(since(1_800_000_000))),
            (Some("2027-01-15T08:00:00.5Z"), Some(since(1_800_000_001))),
            (Some(""), None),
            (Some("17"), None),
            (Some("-1.3"), None),
            (Some("+1.3"), None),
            (Some("1.99999999999999999999"), None),
            (Some("2027-01-15"), None),
            (Some("yesterday"), None),
        ] {
            assert_eq!(Start::read(text), expected, "{text:?}");
        }
        assert_eq!(Cursor { row: 17, event: 3 }.to_string(), "17.3");
    }
}
