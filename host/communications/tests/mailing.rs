//! Mailings: their documents, when a message goes out, which variant a member gets, and ids.

use std::collections::{BTreeMap, BTreeSet};

use communications::MemberNumber;
use communications::mailing::audience::{members, parts, union};
use communications::mailing::{Audience, Schedule, cause, message_id, parse, retry_after_ms};
use communications::policy::Category;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn document() -> Value {
    json!({
        "template": "spring",
        "channel": "mail",
        "audience": {"segments": ["b", "a", "b"]},
        "schedule": {"local": "2026-12-01T10:00"},
        "category": "marketing",
        "topic": "news",
        "priority": 5,
        "throttle_per_second": 100,
        "too_late_after_minutes": 120,
        "variants": [{"name": "short", "share": 1}, {"name": "long", "share": 3, "template": "spring-long"}],
        "control_group": {"percent": "10", "salt": "c"},
        "attribution_days": 14,
    })
}

#[test]
fn a_document_is_read_as_it_is_written() {
    let mailing = parse(&document()).expect("the document is good");
    assert_eq!(mailing.audience, Audience::Segments(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(mailing.category, Category::Marketing);
    assert_eq!(mailing.templates(), ["spring", "spring-long"]);
    assert_eq!(mailing.throttle_per_second, Some(100));
    let least = json!({"template": "t", "channel": "c", "audience": {"all": true}});
    let mailing = parse(&least).expect("the rest has defaults");
    assert_eq!(mailing.schedule, Schedule::AtOnce);
    assert_eq!(mailing.too_late_after_minutes, 2_880);
}

#[test]
fn every_problem_is_told_with_its_place() {
    let bad = json!({
        "channel": "",
        "audience": {"all": true, "segments": ["a"]},
        "schedule": {"local": "2026-12-01T10:00:00Z"},
        "category": "spam",
        "throttle_per_second": 0,
        "variants": [{"name": "a", "share": 0}, {"name": "a"}],
        "control_group": {"percent": "60", "salt": "s"},
        "colour": "red",
    });
    let problems = parse(&bad).expect_err("it is full of problems");
    let places: BTreeSet<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    let expected = [
        "/audience",
        "/category",
        "/channel",
        "/colour",
        "/control_group/percent",
        "/schedule",
        "/template",
        "/throttle_per_second",
        "/variants/0/share",
        "/variants/1/name",
    ];
    assert_eq!(places, expected.into_iter().collect());
    assert_eq!(
        parse(&json!([])).expect_err("not an object").first().map(|problem| problem.code),
        Some("wrong_type")
    );
}

#[test]
fn each_member_gets_it_at_ten_on_its_own_clock() {
    let mailing = parse(&document()).expect("the document is good");
    let at = |zone: &str| {
        let zone = TimeZone::get(zone).expect("the zone exists");
        mailing.window(&zone, 0).not_before
    };
    let moscow = "2026-12-01T07:00:00Z".parse::<jiff::Timestamp>().expect("a time").as_millisecond();
    assert_eq!(at("Europe/Moscow"), moscow);
    assert_eq!(at("Asia/Vladivostok"), moscow - 7 * 3_600_000);
    let window = mailing.window(&TimeZone::UTC, 0);
    assert_eq!(window.too_late_after - window.not_before, 120 * 60_000);
}

#[test]
fn a_skipped_time_is_right_after_the_gap_and_a_repeated_one_the_first() {
    for (zone, local, instant) in [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        // Samoa left this date out.
        ("Pacific/Apia", "2011-12-30T10:00", "2011-12-30T20:00:00Z"),
    ] {
        let zone = TimeZone::get(zone).expect("the zone exists");
        let mut document = document();
        document["schedule"] = json!({"local": local});
        let mailing = parse(&document).expect("the document is good");
        let expected = instant.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
        assert_eq!(mailing.window(&zone, 0).not_before, expected, "{local}");
    }
}

#[test]
fn variants_are_stable_and_keep_their_shares() {
    let mailing = parse(&document()).expect("the document is good");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..8_000 {
        let member = format!("m-{number}");
        let variant = mailing.variant("spring", &member).expect("somebody gets each");
        assert_eq!(Some(variant), mailing.variant("spring", &member));
        *counts.entry(variant.name.clone()).or_default() += 1;
    }
    assert!((1_800..2_200).contains(&counts["short"]), "{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), 8_000);
}

#[test]
fn the_control_group_is_that_of_offers_with_the_same_salt() {
    let mailing = parse(&document()).expect("the document is good");
    let group = mailing.control_group.clone().expect("it has one");
    let members = (0..5_000).map(|number| format!("m-{number}"));
    let ghosts = members.filter(|member| mailing.is_control(member)).collect::<Vec<_>>();
    assert!((400..600).contains(&ghosts.len()), "{}", ghosts.len());
    assert!(ghosts.iter().all(|member| group.contains(member)));
}

#[test]
fn an_id_is_a_function_of_cause_member_and_channel() {
    let id = message_id(&cause("spring"), "m-1", "mail");
    assert_eq!(id, message_id("mailing/spring", "m-1", "mail"));
    assert_eq!(id.len(), 32);
    let others = [
        message_id("mailing/spring2", "m-1", "mail"),
        message_id("mailing/spring", "m-2", "mail"),
        message_id("mailing/spring", "m-1", "sms"),
        message_id("mailing/springm", "-1", "mail"),
    ];
    assert_eq!(others.iter().chain([&id]).collect::<BTreeSet<_>>().len(), 5);
}

#[test]
fn retries_come_later_and_later_and_not_together() {
    let waits: Vec<i64> = (1..=15).map(|attempts| retry_after_ms("id", attempts, 0)).collect();
    assert!(waits.iter().all(|wait| (1_000..=4_500_000).contains(wait)), "{waits:?}");
    assert!(waits[4] > waits[0] && waits[9] > waits[4]);
    assert!(retry_after_ms("id", 1, 60_000) >= 60_000);
    let spread: BTreeSet<i64> = (0..100).map(|n| retry_after_ms(&format!("id-{n}"), 6, 0)).collect();
    assert!(spread.len() > 80, "{}", spread.len());
}

#[test]
fn an_audience_is_a_set() {
    let left = parts([5, 70_000, 70_001, 5].map(MemberNumber));
    let right = parts([70_001, 70_002].map(MemberNumber));
    assert_eq!(left.iter().map(|(part, _)| *part).collect::<Vec<_>>(), [0, 1]);
    let (both, count) = union([left[1].1.as_slice(), right[0].1.as_slice()]).expect("they can be read");
    assert_eq!(count, 3);
    assert_eq!(members(&both, 0, 10), Some([70_000, 70_001, 70_002].map(MemberNumber).to_vec()));
    assert_eq!(members(&both, 70_001, 1), Some(vec![MemberNumber(70_001)]));
    assert_eq!(members(b"damaged", 0, 10), None);
}
