use communications::chains::{Facts, Outcome, Run, Version, step};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde_json::json;

use super::shop::{at, event, member, simulated, timeline, version, waiting};

/// Zones of all continents, with odd offsets and odd rules.
const ZONES: [&str; 60] = [
    "Africa/Abidjan",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Asuncion",
    "America/Bogota",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Godthab",
    "America/Halifax",
    "America/Havana",
    "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Anadyr",
    "Asia/Baku",
    "Asia/Bangkok",
    "Asia/Beirut",
    "Asia/Colombo",
    "Asia/Dhaka",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kabul",
    "Asia/Kamchatka",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Omsk",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Asia/Vladivostok",
    "Asia/Yangon",
    "Asia/Yekaterinburg",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Kaliningrad",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Samara",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "UTC",
];

fn facts(zone: &str) -> Facts {
    Facts { run: "c/1".to_owned(), member: "m".to_owned(), zone: zone.to_owned(), ..Facts::default() }
}

fn begin<'a>(version: &'a Version, zone: &str, now: i64) -> Outcome<'a> {
    step(version, &Run::begin(version.start, now, false), None, &facts(zone), now)
}

fn local(at: i64, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(at).expect("a time").to_zoned(zone.clone())
}

/// Sixty zones, two years with all their changes of clocks, several times of day, begun every 7 hours: each wait fires once,
/// at the local time it was for, and never again in that hour.
#[test]
fn each_wait_fires_once_at_its_local_time_in_sixty_zones_for_two_years() {
    for clock in ["00:00", "01:30", "02:30", "10:00"] {
        let version = version(&waiting(&json!({ "until": clock })));
        for name in ZONES {
            let zone = TimeZone::get(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut now = at("2025-01-01T00:13:00Z");
            while now < at("2027-01-01T00:00:00Z") {
                let waits = begin(&version, name, now);
                let wake = waits.wake.expect("a wait");
                assert!(wake > now && wake - now <= 26 * 3_600_000, "{name} {clock} at {now}: {wake}");
                let shown = local(wake, &zone);
                let showed = shown.strftime("%H:%M").to_string();
                // A skipped time is right after the gap.
                let before = local(wake - 1, &zone);
                let gap = before.offset() != shown.offset();
                assert!(showed == clock || gap, "{name}: {clock} fires at {shown}");
                // A moment before, nothing; then, once.
                let facts = facts(name);
                let early = step(&version, &waits.run, None, &facts, wake - 1);
                assert_eq!((&early.run, early.effects.len(), early.wake), (&waits.run, 0, Some(wake)));
                let fired = step(&version, &waits.run, None, &facts, wake);
                assert_eq!((fired.effects.len(), fired.wake), (1, None), "{name} {clock}");
                let again = step(&version, &fired.run, None, &facts, wake + 3_600_000);
                assert_eq!((again.effects.len(), &again.run), (0, &fired.run));
                now += 7 * 3_600_000 + 11 * 60_000;
            }
        }
    }
}

/// The clock goes through a whole day of waits without firing twice where it shows an hour twice.
#[test]
fn a_daily_chain_fires_once_a_day_through_changes_of_clocks() {
    let mut document = waiting(&json!({ "until": "01:30" }));
    document["nodes"]["say"]["next"] = json!("wait");
    document["nodes"].as_object_mut().expect("nodes").remove("end");
    let version = version(&document);
    for name in ZONES {
        let zone = TimeZone::get(name).expect("a zone");
        let mut outcome = begin(&version, name, at("2025-01-01T00:00:00Z"));
        let mut days = Vec::new();
        while let Some(wake) = outcome.wake.filter(|wake| *wake < at("2027-01-01T00:00:00Z")) {
            outcome = step(&version, &outcome.run, None, &facts(name), wake);
            assert_eq!(outcome.effects.len(), 1);
            days.push(local(wake, &zone).date());
        }
        for pair in days.windows(2) {
            assert_eq!(pair[0].checked_add(1.day()).expect("a day"), pair[1], "{name}");
        }
        assert!((729..=731).contains(&days.len()), "{name}: {}", days.len());
    }
}

/// Mautic PR 17283: hour and day of the week hold together, in each zone.
#[test]
fn hour_and_weekday_hold_together() {
    let sets: [&[&str]; 4] =
        [&["mon"], &["sat", "sun"], &["tue", "thu"], &["mon", "tue", "wed", "thu", "fri"]];
    for name in [
        "Asia/Tokyo",
        "America/New_York",
        "Europe/Berlin",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Asia/Vladivostok",
    ] {
        let zone = TimeZone::get(name).expect("a zone");
        for days in sets {
            for hour in 0..24 {
                let clock = format!("{hour:02}:00");
                let version = version(&waiting(&json!({ "for": "3h", "until": clock, "weekdays": days })));
                for start in 0..14 {
                    let now = at("2026-06-01T18:13:00Z") + start * 12 * 3_600_000;
                    let wake = begin(&version, name, now).wake.expect("a wait");
                    let shown = local(wake, &zone);
                    let day = match shown.weekday() {
                        Weekday::Monday => "mon",
                        Weekday::Tuesday => "tue",
                        Weekday::Wednesday => "wed",
                        Weekday::Thursday => "thu",
                        Weekday::Friday => "fri",
                        Weekday::Saturday => "sat",
                        Weekday::Sunday => "sun",
                    };
                    assert!(days.contains(&day), "{name} {days:?} {clock}: {shown}");
                    assert_eq!(shown.strftime("%H:%M").to_string(), clock, "{name} {days:?}");
                    assert!(wake - now >= 3 * 3_600_000 && wake - now <= 8 * 86_400_000, "{name}: {shown}");
                }
            }
        }
    }
}

#[test]
fn days_keep_the_time_of_day_and_hours_do_not() {
    // Clocks go forward on the night of 29 March.
    for (span, wanted) in [
        ("1d", "2026-03-29T10:00:00+02:00"),
        ("24h", "2026-03-29T11:00:00+02:00"),
        ("1w", "2026-04-04T10:00:00+02:00"),
    ] {
        let version = version(&waiting(&json!({ "for": span })));
        let wake = begin(&version, "Europe/Berlin", at("2026-03-28T10:00:00+01:00")).wake;
        assert_eq!(wake, Some(at(wanted)), "{span}");
    }
}

/// Parcelvoy #607: what is due at once is done at once.
#[test]
fn nothing_waits_that_has_no_wait() {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["start"] = json!("say");
    document["nodes"]["say"]["next"] = json!("tag");
    document["nodes"]["tag"] = json!({ "type": "tag", "name": "t", "next": "wait" });
    document["nodes"]["wait"]["next"] = json!("end");
    let now = at("2026-03-01T10:00:00Z");
    let version = version(&document);
    let outcome = begin(&version, "UTC", now);
    assert_eq!(outcome.effects.len(), 2);
    assert_eq!(outcome.wake, Some(now + 3_600_000));
}

#[test]
fn a_date_attribute_is_waited_for_once_each_year_or_passed() {
    let wait = json!({ "until_date": { "attribute": "born", "yearly": true, "days": -3, "time": "10:00" } });
    for (born, now, wanted) in [
        ("1990-12-02", "2026-03-01T00:00:00Z", Some("2026-11-29T10:00:00+03:00")),
        ("1990-01-02", "2026-12-01T00:00:00Z", Some("2026-12-30T10:00:00+03:00")),
        ("1992-02-29", "2026-01-01T00:00:00Z", Some("2026-02-25T10:00:00+03:00")),
        ("1990-03-04", "2026-03-01T07:00:00Z", Some("2027-03-01T10:00:00+03:00")),
        ("never", "2026-03-01T00:00:00Z", None),
    ] {
        let version = version(&waiting(&wait));
        let now = at(now);
        let mut facts = facts("Europe/Moscow");
        facts.dates.insert("born".to_owned(), born.to_owned());
        let run = Run::begin(version.start, now, false);
        let outcome = step(&version, &run, None, &facts, now);
        assert_eq!(outcome.wake, wanted.map(at), "{born}");
        assert_eq!(outcome.effects.len(), usize::from(wanted.is_none()), "{born}");
    }
}

#[test]
fn an_event_in_time_goes_one_way_and_none_the_other() {
    let mut document = waiting(&json!({
        "until_event": { "event": "purchase", "where": [{ "field": "/total", "at_least": "100" }] },
        "at_most": "2d",
        "otherwise": "remind"
    }));
    document["nodes"]["remind"] =
        json!({ "type": "message", "template": "remind", "channel": "email", "next": "end" });
    let version = version(&document);
    let go = event("2026-03-01T10:00:00Z", "go", json!({}));
    let purchase = |time: &str, total: &str| event(time, "purchase", json!({ "total": total }));
    for (events, wanted) in [
        (vec![purchase("2026-03-02T10:00:00Z", "150")], "Mon 2026-03-02 10:00 say: message t"),
        (vec![purchase("2026-03-02T10:00:00Z", "50")], "Tue 2026-03-03 10:00 remind: message remind"),
        (vec![purchase("2026-03-03T10:00:01Z", "150")], "Tue 2026-03-03 10:00 remind: message remind"),
        (vec![], "Tue 2026-03-03 10:00 remind: message remind"),
    ] {
        let all = std::iter::once(go.clone()).chain(events).collect();
        let simulation = simulated(&version, vec![member("m", "UTC")], all);
        assert_eq!(timeline(&simulation, "UTC")[0], wanted);
    }
}
