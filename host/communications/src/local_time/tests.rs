use jiff::SignedDuration;
use jiff::civil::{date as day, time};

use super::*;

/// Zones of every kind: whole, half and quarter hours, DST in both halves of the year, of half an hour, at midnight, at
/// times that change, and of many hours before or after UTC.
pub(crate) const ZONES: [&str; 60] = [
    "UTC",
    "Europe/Moscow",
    "Europe/Kaliningrad",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
    "Asia/Almaty",
    "Asia/Tashkent",
    "Europe/Minsk",
    "Europe/Kyiv",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Athens",
    "Europe/Chisinau",
    "Europe/Istanbul",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Yangon",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Eucla",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Sao_Paulo",
    "America/Nuuk",
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect(name)
}

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_millisecond()
}

fn shown(at: i64) -> String {
    Timestamp::from_millisecond(at).expect("in the calendar").to_string()
}

/// A wait for a local time, asked for again and again, comes once on each day of two years, on time.
#[test]
fn a_daily_wait_comes_once_on_every_day_at_its_local_time() {
    for name in ZONES {
        let zone = zone(name);
        for (hour, minute) in [(0, 0), (0, 30), (1, 0), (1, 30), (2, 0), (2, 30), (3, 0), (9, 0), (23, 59)] {
            let wanted = LocalTime { time: time(hour, minute, 0, 0), days: Weekdays::ALL };
            let end = day(2027, 1, 1);
            let mut date = day(2025, 1, 1);
            let mut now = start_of_day(date, &zone).expect("a day").saturating_sub(1);
            while date < end {
                let fires = next(now, wanted, &zone).expect("a next time");
                check_comes(fires, date.to_datetime(wanted.time), &zone, name);
                date = date.tomorrow().expect("a day");
                now = fires;
            }
        }
    }
}

/// The instant shows the local time, for the first time; or the clock has just skipped it.
fn check_comes(fires: i64, local: jiff::civil::DateTime, zone: &TimeZone, name: &str) {
    let fires = Timestamp::from_millisecond(fires).expect("in the calendar");
    let shown = zone.to_datetime(fires);
    let before = zone.to_datetime(fires - SignedDuration::from_millis(1));
    if shown == local {
        let hours = (1..=3).map(|hours| zone.to_datetime(fires - SignedDuration::from_hours(hours)));
        assert!(hours.into_iter().all(|earlier| earlier < local), "{name}: {local} was shown before {fires}");
    } else {
        assert!(
            before < local && local < shown,
            "{name}: {local} came at {fires}, where the clock shows {shown}"
        );
    }
}

/// In a wait that loops over its own firing, nothing fires twice, also when clocks are turned back (mautic #9592).
#[test]
fn a_wait_across_a_change_of_clocks_fires_once() {
    for (name, local, after, wanted) in [
        // Skipped: right after the gap.
        ("Europe/Berlin", (2, 30), "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("America/New_York", (2, 0), "2026-03-08T00:00:00Z", "2026-03-08T07:00:00Z"),
        ("Australia/Lord_Howe", (2, 15), "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z"),
        ("Africa/Cairo", (0, 0), "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z"),
        // Shown twice: the first.
        ("Europe/Berlin", (2, 30), "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("America/Havana", (0, 30), "2026-11-01T00:00:00Z", "2026-11-01T04:30:00Z"),
        // Within the second showing: the next day.
        ("Europe/Berlin", (2, 30), "2026-10-25T01:15:00Z", "2026-10-26T01:30:00Z"),
        ("Europe/Berlin", (2, 30), "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        // No change at all.
        ("Asia/Vladivostok", (10, 0), "2026-11-29T23:59:59.999Z", "2026-11-30T00:00:00Z"),
        ("Asia/Vladivostok", (10, 0), "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("Pacific/Kiritimati", (9, 0), "2026-05-01T18:59:00Z", "2026-05-01T19:00:00Z"),
    ] {
        let wanted_time = LocalTime { time: time(local.0, local.1, 0, 0), days: Weekdays::ALL };
        let fires = next(at(after), wanted_time, &zone(name)).expect("a next time");
        assert_eq!(shown(fires), wanted, "{name} {local:?} after {after}");
    }
}

/// Hour and weekday hold together, on the member's clock and not on the server's (mautic PR 17283).
#[test]
fn the_hour_and_the_weekday_hold_together() {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};

    let sets: [&[Weekday]; 5] = [
        &[Monday],
        &[Sunday],
        &[Tuesday, Thursday],
        &[Saturday, Sunday],
        &[Monday, Tuesday, Wednesday, Thursday, Friday],
    ];
    // 18:13 on a Friday in Tokyo, and other moments of the week.
    let moments =
        ["2026-03-27T09:13:00Z", "2026-03-28T23:59:59Z", "2026-10-25T00:59:00Z", "2026-12-31T15:00:00Z"];
    for name in ZONES {
        let zone = zone(name);
        for (days, hour) in sets.iter().flat_map(|days| [0, 9, 12, 23].map(|hour| (days, hour))) {
            let wanted = LocalTime {
                time: time(hour, 0, 0, 0),
                days: Weekdays::new(days.iter().copied()).expect("some days"),
            };
            for moment in moments {
                let now = at(moment);
                let fires = next(now, wanted, &zone).expect("a next time");
                let local = zone.to_datetime(Timestamp::from_millisecond(fires).expect("in the calendar"));
                // Where the clock skips the last hour of a day, it comes at midnight.
                let yesterday = local.date().yesterday().expect("a day");
                let mut dates = [local.date(), yesterday].into_iter();
                let date = dates.find(|date| instant(*date, wanted.time, &zone) == Some(fires));
                let suits = date.is_some_and(|date| days.contains(&date.weekday()));
                assert!(suits, "{name} {hour}:00 {days:?} after {moment}: {local}");
                assert!(
                    fires > now && fires - now <= 8 * 86_400_000,
                    "{name} {days:?} after {moment}: {local}"
                );
            }
        }
    }
    let tokyo = LocalTime { time: time(9, 0, 0, 0), days: Weekdays::new([Monday]).expect("a day") };
    let fires = next(at("2026-03-27T09:13:00Z"), tokyo, &zone("Asia/Tokyo")).expect("a next time");
    assert_eq!(shown(fires), "2026-03-30T00:00:00Z");
    assert_eq!(Weekdays::new([]), None);
}

#[test]
fn a_day_that_a_zone_leaves_out_is_passed_over() {
    // Samoa went from 29 to 31 December 2011.
    let samoa = zone("Pacific/Apia");
    assert_eq!(instant(day(2011, 12, 30), time(9, 0, 0, 0), &samoa), None);
    let wanted = LocalTime { time: time(9, 0, 0, 0), days: Weekdays::ALL };
    let first = next(at("2011-12-29T12:00:00Z"), wanted, &samoa).expect("a next time");
    let second = next(first, wanted, &samoa).expect("a next time");
    assert_eq!((shown(first), shown(second)), ("2011-12-29T19:00:00Z".into(), "2011-12-30T19:00:00Z".into()));
}

#[test]
fn days_are_counted_by_the_calendar_of_the_zone() {
    let vladivostok = zone("Asia/Vladivostok");
    let now = at("2026-11-30T14:30:00Z");
    assert_eq!(date(now, &vladivostok), Some(day(2026, 12, 1)));
    assert_eq!(start_of_days(now, 1, &vladivostok).map(shown), Some("2026-11-30T14:00:00Z".into()));
    assert_eq!(start_of_days(now, 7, &vladivostok).map(shown), Some("2026-11-24T14:00:00Z".into()));
    assert_eq!(start_of_days(now, 0, &vladivostok), start_of_days(now, 1, &vladivostok));
    // A day of 23 hours, and one that begins at 01:00.
    assert_eq!(
        start_of_days(at("2026-03-29T20:00:00Z"), 2, &zone("Europe/Berlin")).map(shown),
        Some("2026-03-27T23:00:00Z".into())
    );
    assert_eq!(
        start_of_day(day(2026, 4, 24), &zone("Africa/Cairo")).map(shown),
        Some("2026-04-23T22:00:00Z".into())
    );
    assert_eq!(date(i64::MAX, &vladivostok), None);
    assert_eq!(next(i64::MAX, LocalTime { time: time(9, 0, 0, 0), days: Weekdays::ALL }, &vladivostok), None);
}
