//! Quiet hours: when a channel sends nothing to a member, on the member's clock.

use jiff::ToSpan as _;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::local_time;

/// The hours of every day in which a channel sends nothing, such as 21:00 to 09:00. They may reach across midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    until: Time,
}

/// The written form of quiet hours: `{"from":"21:00","until":"09:00"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHoursText {
    /// Their first minute, as `HH:MM`.
    pub from: String,
    /// The minute after their last, as `HH:MM`.
    pub until: String,
}

/// The decision about a message that is due, by quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// Send it now.
    Now,
    /// Keep it until this instant, in milliseconds, which is not within quiet hours.
    Hold(i64),
    /// Drop it: when it may be sent again, it is too late for it.
    TooLate,
}

impl QuietHours {
    /// Quiet hours from one time to another; none if they are the same, since that could mean always or never.
    pub fn new(from: Time, until: Time) -> Option<Self> {
        (from != until).then_some(Self { from, until })
    }

    /// Reads quiet hours; refused with what is wrong.
    pub fn read(text: &QuietHoursText) -> Result<Self, String> {
        let time = |name: &str, text: &str| {
            let time = Time::strptime("%H:%M", text);
            time.map_err(|_| format!("{name} must be a time such as 21:00, but is {text:?}"))
        };
        let (from, until) = (time("from", &text.from)?, time("until", &text.until)?);
        Self::new(from, until).ok_or_else(|| "from and until must differ".to_owned())
    }

    /// The end of the quiet hours that an instant is in, in milliseconds; none if it is in none. They are compared as
    /// instants: hours that have ended do not begin again when clocks are turned back.
    pub fn end_at(&self, now: i64, zone: &TimeZone) -> Option<i64> {
        let today = local_time::date(now, zone)?;
        let across = i32::from(self.until <= self.from);
        // Those that began the day before, or, where a zone leaves out a day, the one before that.
        (-2..=0).find_map(|days| {
            let first = today.checked_add(days.days()).ok()?;
            let last = first.checked_add(across.days()).ok()?;
            let from = local_time::instant(first, self.from, zone)?;
            let until = local_time::instant(last, self.until, zone)
                .or_else(|| local_time::instant(last.tomorrow().ok()?, self.until, zone))?;
            (from <= now && now < until).then_some(until)
        })
    }
}

/// What to do with a message that is due now, given the quiet hours of its channel and the last instant at which it is
/// still worth sending. Both in milliseconds.
pub fn timing(hours: Option<&QuietHours>, now: i64, too_late_after: Option<i64>, zone: &TimeZone) -> Timing {
    let is_late = |at: i64| too_late_after.is_some_and(|last| at > last);
    if is_late(now) {
        return Timing::TooLate;
    }
    match hours.and_then(|hours| hours.end_at(now, zone)) {
        Some(end) if is_late(end) => Timing::TooLate,
        Some(end) => Timing::Hold(end),
        None => Timing::Now,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::time;

    use super::*;
    use crate::local_time::tests::ZONES;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect(name)
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect(text).as_millisecond()
    }

    fn hours(from: &str, until: &str) -> QuietHours {
        let text = QuietHoursText { from: from.to_owned(), until: until.to_owned() };
        QuietHours::read(&text).expect("quiet hours")
    }

    #[test]
    fn a_message_is_held_until_the_hours_end_in_the_zone_of_the_member() {
        let night = hours("21:00", "09:00");
        for (name, now, wanted) in [
            ("Asia/Vladivostok", "2026-11-30T10:59:59Z", None),
            ("Asia/Vladivostok", "2026-11-30T11:00:00Z", Some("2026-11-30T23:00:00Z")),
            ("Asia/Vladivostok", "2026-11-30T22:59:59Z", Some("2026-11-30T23:00:00Z")),
            ("Asia/Vladivostok", "2026-11-30T23:00:00Z", None),
            ("Europe/Moscow", "2026-11-30T11:00:00Z", None),
            ("Europe/Moscow", "2026-11-30T23:30:00Z", Some("2026-12-01T06:00:00Z")),
            // A night of eleven hours, and one of thirteen.
            ("Europe/Berlin", "2026-03-28T20:00:00Z", Some("2026-03-29T07:00:00Z")),
            ("Europe/Berlin", "2026-10-24T19:00:00Z", Some("2026-10-25T08:00:00Z")),
        ] {
            let end = night.end_at(at(now), &zone(name));
            assert_eq!(end, wanted.map(at), "{name} {now}");
        }
        let noon = hours("13:00", "14:00");
        let moscow = zone("Europe/Moscow");
        assert_eq!(noon.end_at(at("2026-11-30T10:30:00Z"), &moscow), Some(at("2026-11-30T11:00:00Z")));
        assert_eq!(noon.end_at(at("2026-11-30T11:00:00Z"), &moscow), None);
        assert_eq!(noon.end_at(at("2026-11-30T09:59:00Z"), &moscow), None);
    }

    #[test]
    fn hours_that_have_ended_do_not_begin_again_when_clocks_go_back() {
        // Berlin shows 02:00 to 03:00 twice; the hours end at the first 02:30.
        let berlin = zone("Europe/Berlin");
        let short = hours("22:00", "02:30");
        assert_eq!(short.end_at(at("2026-10-25T00:29:00Z"), &berlin), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(short.end_at(at("2026-10-25T01:15:00Z"), &berlin), None);
        // They end in the hour that the clock skips.
        assert_eq!(short.end_at(at("2026-03-29T00:59:00Z"), &berlin), Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(short.end_at(at("2026-03-29T01:00:00Z"), &berlin), None);
    }

    #[test]
    fn what_would_be_too_late_when_the_hours_end_is_dropped() {
        let night = hours("21:00", "09:00");
        let moscow = zone("Europe/Moscow");
        let now = at("2026-11-30T20:00:00Z");
        let end = at("2026-12-01T06:00:00Z");
        for (last, wanted) in [
            (None, Timing::Hold(end)),
            (Some(end), Timing::Hold(end)),
            (Some(end - 1), Timing::TooLate),
            (Some(now), Timing::TooLate),
            (Some(now - 1), Timing::TooLate),
        ] {
            assert_eq!(timing(Some(&night), now, last, &moscow), wanted, "{last:?}");
        }
        assert_eq!(timing(None, now, Some(now), &moscow), Timing::Now);
        assert_eq!(timing(None, now, Some(now - 1), &moscow), Timing::TooLate);
    }

    /// For two years in all zones: what is held goes out once, where the clock first shows the end of the hours, and is
    /// not held again.
    #[test]
    fn every_held_message_goes_out_once_after_its_night() {
        let windows = [
            hours("21:00", "09:00"),
            hours("23:30", "00:30"),
            hours("01:15", "02:15"),
            hours("00:00", "06:00"),
        ];
        for name in ZONES {
            let zone = zone(name);
            for now in moments(&zone) {
                for window in &windows {
                    check_once(window, now, &zone, name);
                }
            }
        }
    }

    /// Moments of all hours of two years, and many around each change of clocks.
    fn moments(zone: &TimeZone) -> Vec<i64> {
        let (start, end) = (at("2025-01-01T00:07:00Z"), at("2027-01-01T00:00:00Z"));
        let mut moments: Vec<i64> = (start..end).step_by(613 * 60_000).collect();
        let start = Timestamp::from_millisecond(start).expect("in the calendar");
        let changes = zone.following(start).map(|change| change.timestamp().as_millisecond());
        for change in changes.take_while(|change| *change < end) {
            moments.extend((change - 5 * 3_600_000..change + 5 * 3_600_000).step_by(7 * 60_000));
        }
        moments
    }

    fn check_once(window: &QuietHours, now: i64, zone: &TimeZone, name: &str) {
        let told = |now: i64| timing(Some(window), now, None, zone);
        let local =
            |at: i64| zone.to_datetime(Timestamp::from_millisecond(at).expect("in the calendar")).time();
        match told(now) {
            Timing::Hold(until) => {
                assert!(until > now && until - now <= 14 * 3_600_000, "{name} {window:?}: {now} to {until}");
                assert_eq!(told(until), Timing::Now, "{name} {window:?}: {until}");
                assert_eq!(told(until - 1), Timing::Hold(until), "{name} {window:?}: {until}");
            }
            Timing::Now => {
                let QuietHours { from, until } = *window;
                let time = local(now);
                let (is_after, is_before) = (from <= time, time < until);
                let shows_quiet = if from < until { is_after && is_before } else { is_after || is_before };
                // Only in an hour, or half an hour, that is shown a second time.
                let is_second = [3_600_000, 1_800_000].iter().any(|ago| local(now - ago) == time);
                assert!(!shows_quiet || is_second, "{name} {window:?}: {now} shows {time}");
            }
            Timing::TooLate => panic!("nothing is too late"),
        }
    }

    #[test]
    fn hours_that_cannot_be_read_say_why() {
        let read = |from: &str, until: &str| {
            QuietHours::read(&QuietHoursText { from: from.to_owned(), until: until.to_owned() })
        };
        assert_eq!(
            read("21:00", "09:00"),
            Ok(QuietHours { from: time(21, 0, 0, 0), until: time(9, 0, 0, 0) })
        );
        assert_eq!(
            read("9 pm", "09:00"),
            Err("from must be a time such as 21:00, but is \"9 pm\"".to_owned())
        );
        assert_eq!(
            read("21:00", "24:00"),
            Err("until must be a time such as 21:00, but is \"24:00\"".to_owned())
        );
        assert_eq!(read("09:00", "09:00"), Err("from and until must differ".to_owned()));
    }
}
