//! Rules of segments: how they are read, what they say of a member, and when that may change.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use communications::Event;
use communications::rfm::Scores;
use communications::segments::days::{day_of, start_of};
use communications::segments::index::{Changed, Index};
use communications::segments::{
    Facts, History, Limits, Measure, Parsed, Rule, evaluate, next_boundary, order, parse,
};
use domain::audience::Value as Attribute;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;
/// 2027-01-15 08:00 UTC.
const NOW: i64 = 1_800_000_000_000;

fn rule(document: Value) -> Rule {
    parse(&document, Limits::default()).map(|parsed| parsed.rule).unwrap()
}

/// Code and place of every problem.
fn problems(document: &Value) -> Vec<(String, String)> {
    let refused = parse(document, Limits::default()).unwrap_err();
    refused.listed().into_iter().map(|problem| (problem.pointer, problem.code.into_owned())).collect()
}

struct Member {
    zone: TimeZone,
    attributes: BTreeMap<String, Attribute>,
    points: Option<i64>,
    rfm: Option<Scores>,
    segments: BTreeSet<String>,
    events: Vec<Event>,
}

impl Member {
    fn new() -> Self {
        Self {
            zone: TimeZone::UTC,
            attributes: BTreeMap::new(),
            points: None,
            rfm: None,
            segments: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    fn event(mut self, kind: &str, days_ago: i64, payload: Value) -> Self {
        self.events.push(Event { kind: kind.to_owned(), at: NOW - days_ago * DAY, payload });
        self
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            zone: &self.zone,
            attributes: &self.attributes,
            points: self.points,
            rfm: self.rfm,
            segments: &self.segments,
            history: History::Events(&self.events),
        }
    }

    fn is(&self, document: Value) -> bool {
        evaluate(&rule(document), &self.facts(), NOW)
    }
}

fn purchase(total: i64, lines: &Value) -> Value {
    json!({"total": total.to_string(), "lines": lines, "channel": "app"})
}

fn buyer() -> Member {
    let milk = json!({"product": "milk", "category": ["food", "dairy"], "amount": "200"});
    let bread = json!({"product": "bread", "category": ["food"], "amount": "70"});
    Member::new()
        .event("purchase", 40, purchase(270, &json!([milk, bread])))
        .event("purchase", 10, purchase(70, &json!([bread])))
        .event("message_opened", 3, json!({"channel": "email"}))
}

#[test]
fn events_are_counted_added_up_and_dated() {
    let buyer = buyer();
    for (document, expected) in [
        (json!({"event": "purchase"}), true),
        (json!({"event": "return"}), false),
        (json!({"event": "purchase", "count": {"exactly": 2}}), true),
        (json!({"event": "purchase", "count": {"exactly": 1}, "within_days": 40}), true),
        (json!({"event": "purchase", "count": {"exactly": 2}, "within_days": 41}), true),
        (json!({"event": "purchase", "count": {"at_most": 0}, "within_days": 10}), true),
        (json!({"event": "purchase", "sum": {"at_least": "340"}, "of": "total"}), true),
        (json!({"event": "purchase", "sum": {"more_than": 340}, "of": "total"}), false),
        (json!({"event": "purchase", "last": {"exactly": 10}}), true),
        (json!({"event": "purchase", "first": {"exactly": 40}}), true),
        (json!({"event": "return", "last": {"at_least": 0}}), false),
        (json!({"event": "purchase", "last": {"exactly": 70}, "of": "total"}), true),
        (json!({"event": "purchase", "first": {"exactly": 270}, "of": "total"}), true),
        (json!({"event": "message_opened", "where": {"channel": "email"}, "within_days": 7}), true),
        (json!({"event": "message_opened", "where": {"channel": "sms"}}), false),
        // Every condition about lines is about one and the same line.
        (json!({"event": "purchase", "where": {"lines.category": "dairy", "lines.product": "bread"}}), false),
        (
            json!({"event": "purchase", "sum": {"exactly": 140}, "of": "lines.amount", "where": {"lines.product": "bread"}}),
            true,
        ),
        (json!({"event": "purchase", "count": {"exactly": 1}, "where": {"total": {"less_than": 100}}}), true),
        (json!({"event": "purchase", "sum": {"exactly": 0}, "of": "shipping"}), true),
    ] {
        assert_eq!(buyer.is(document.clone()), expected, "{document}");
    }
}

#[test]
fn attributes_points_cells_and_segments_are_tested() {
    let mut member = Member::new();
    member.attributes.insert("city".to_owned(), Attribute::Text("Kazan".to_owned()));
    member.attributes.insert("born".to_owned(), Attribute::Text("1990-01-17".to_owned()));
    member.points = Some(500);
    member.rfm = Some(Scores { recency: 5, frequency: 4, monetary: 2 });
    member.segments.insert("vip".to_owned());
    for (document, expected) in [
        (json!({"attribute": "city", "in": ["Kazan", "Perm"]}), true),
        (json!({"attribute": "city", "is_not": "Perm"}), true),
        (json!({"attribute": "street", "is_not": "Perm"}), true),
        (json!({"attribute": "born", "birthday_within": {"days_before": 2}}), true),
        (json!({"attribute": "born", "age": {"from": 37}}), false),
        (json!({"points": {"at_least": 500}}), true),
        (json!({"rfm": ["champions", "lost"]}), false),
        (json!({"rfm": ["champions"]}), true),
        (json!({"rfm": {"cells": ["champions"], "monetary": {"at_least": 3}}}), false),
        (json!({"segment": "vip"}), true),
        (json!({"not": {"any": [{"segment": "lost"}, {"points": {"less_than": 500}}]}}), true),
    ] {
        if document.to_string().contains("lost\"]") {
            assert_eq!(problems(&document), [("/rfm/1".to_owned(), "unknown_value".to_owned())]);
        } else {
            assert_eq!(member.is(document.clone()), expected, "{document}");
        }
    }
    assert!(!Member::new().is(json!({"points": {"at_most": 0}})), "of whom nothing is known is not in");
}

#[test]
fn every_problem_is_told_with_its_place() {
    let document = json!({"all": [
        {"event": "purchase", "count": {"at_least": 3, "at_most": 2}},
        {"event": "purchase", "sum": {"at_least": 3}},
        {"event": "segment_entered"},
        {"event": "purchase", "where": {"a..b": 1}, "within_days": 0},
        {"event": "purchase", "counts": {"at_least": 1}},
        {"points": {}},
        {"any": []},
        {"attribute": "city"},
        {"weather": "fine"},
    ]});
    let told = problems(&document);
    for (pointer, code) in [
        ("/all/0/count", "empty_range"),
        ("/all/1/sum", "missing_field"),
        ("/all/2/event", "event_of_segments"),
        ("/all/3/where/a..b", "bad_path"),
        ("/all/3/within_days", "out_of_range"),
        ("/all/4/counts", "unknown_field"),
        ("/all/5/points", "missing_condition"),
        ("/all/6/any", "empty"),
        ("/all/7", "missing_condition"),
        ("/all/8", "missing_condition"),
    ] {
        assert!(told.contains(&(pointer.to_owned(), code.to_owned())), "{pointer} {code} in {told:?}");
    }
}

#[test]
fn a_rule_is_neither_deep_nor_long_without_end() {
    let leaf = json!({"segment": "a"});
    let deep = (0..16).fold(leaf.clone(), |rule, _| json!({"not": rule}));
    assert_eq!(problems(&deep)[0].1, "rule_too_deep");
    let long = |count: usize| json!({"all": vec![leaf.clone(); count]});
    assert!(parse(&long(100), Limits::default()).is_ok());
    assert_eq!(problems(&long(150)), [("/all/100".to_owned(), "too_many_conditions".to_owned())]);
}

#[test]
fn a_measure_comes_back_from_its_document() {
    let read = rule(json!({"event": "purchase", "sum": {"at_least": 1}, "of": "lines.amount",
        "where": {"lines.category": ["b", "a"], "total": {"at_least": 5}, "channel": true}}));
    let measure = read.measures().next().unwrap();
    let again = Measure::parse(&measure.document()).unwrap();
    assert_eq!((&again, again.digest()), (measure, measure.digest()));
}

#[test]
fn circles_are_found_with_their_path_and_order_is_bottom_up() {
    let reads = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(name, below)| ((*name).to_owned(), names(below))).collect()
    };
    let ordered = order::order(&reads(&[("a", &["c"]), ("b", &[]), ("c", &["b", "gone"]), ("d", &[])]));
    assert_eq!(ordered.unwrap(), ["b", "d", "c", "a"]);
    let itself = order::order(&reads(&[("a", &["a"])]));
    assert_eq!(itself.unwrap_err().path, ["a", "a"]);
    let circle = order::order(&reads(&[("x", &["a"]), ("a", &["b"]), ("b", &["c"]), ("c", &["a"])]));
    assert_eq!(circle.unwrap_err().path, ["a", "b", "c", "a"]);
}

/// Case 20: a segment of a segment of a segment; each change is worked out once for each rule, and ends.
#[test]
fn changes_run_through_segments_of_segments_in_order_and_once() {
    let rules: Vec<(String, Rule)> = (0..20)
        .map(|level: usize| {
            let below = match level.checked_sub(1) {
                Some(below) => json!({"segment": format!("s{below:02}")}),
                None => json!({"event": "purchase"}),
            };
            (format!("s{level:02}"), rule(json!({"all": [below, {"not": {"points": {"less_than": 0}}}]})))
        })
        .collect();
    let index = Index::of(rules.iter().map(|(name, rule)| (name.as_str(), rule))).unwrap();
    let mut flipped = 0;
    for _ in 0..10_000 {
        let mut asked = Vec::new();
        let changes = [Changed::Event("purchase".to_owned()), Changed::Points];
        let flips = |name: &str| {
            asked.push(name.to_owned());
            Ok::<_, Infallible>(true)
        };
        let Ok(count) = index.propagate(&changes, flips);
        flipped += count;
        assert!(asked.is_sorted() && asked.len() == 20, "{asked:?}");
    }
    assert_eq!(flipped, 200_000);
    let Ok(none) = index.propagate(&[Changed::Event("return".to_owned())], |_| Ok::<_, Infallible>(true));
    assert_eq!(none, 0, "an event that no rule reads asks for none");
}

fn any_rule() -> impl Strategy<Value = Value> {
    let days = 1_i64..5;
    let leaf = prop_oneof![
        (days.clone(), 0_i64..3)
            .prop_map(|(days, least)| json!({"event": "purchase", "within_days": days, "count": {"at_least": least}})),
        (0_i64..5, 0_i64..5)
            .prop_map(|(least, span)| json!({"event": "purchase", "last": {"at_least": least, "at_most": least + span}})),
        (days, -3_i64..3)
            .prop_map(|(days, most)| json!({"event": "purchase", "within_days": days, "first": {"at_most": most}, "of": "v"})),
        (0_i64..3).prop_map(|days| json!({"attribute": "born", "birthday_within": {"days_before": days}})),
        Just(json!({"attribute": "born", "birthday_month": "receipt"})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|rules| json!({"all": rules})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|rules| json!({"any": rules})),
            inner.prop_map(|rule| json!({"not": rule})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Nothing changes before the boundary that is told, and the boundary is a midnight of the member.
    #[test]
    fn a_rule_changes_by_itself_at_its_boundary_only(
        document in any_rule(),
        events in prop::collection::vec((-3_i64 * 24..8 * 24, -3_i64..3), 0..6),
        zone in prop::sample::select(vec!["UTC", "Asia/Vladivostok", "America/St_Johns", "Pacific/Kiritimati"]),
        birthday in 1_u32..28,
    ) {
        let mut member = Member::new();
        member.zone = TimeZone::get(zone).unwrap();
        member.attributes.insert("born".to_owned(), Attribute::Text(format!("1990-01-{birthday:02}")));
        member.events = events
            .into_iter()
            .map(|(hours, value)| Event { kind: "purchase".to_owned(), at: NOW - hours * 3_600_000, payload: json!({"v": value}) })
            .collect();
        let rule = rule(document);
        let facts = member.facts();
        let mut now = NOW;
        for _ in 0..4 {
            let holds = evaluate(&rule, &facts, now);
            let boundary = next_boundary(&rule, &facts, now);
            let until = boundary.unwrap_or(now + 30 * DAY);
            for hour in (0..).map(|hour| now + hour * 3_600_000).take_while(|time| *time < until).take(24 * 40) {
                prop_assert_eq!(evaluate(&rule, &facts, hour), holds);
            }
            let Some(boundary) = boundary else { break };
            prop_assert!(boundary > now);
            prop_assert_eq!(start_of(day_of(boundary, &member.zone), &member.zone), boundary);
            now = boundary;
        }
    }
}

#[test]
fn references_are_told_with_their_places() {
    let Parsed { references, .. } =
        parse(&json!({"any": [{"points": {"at_least": 1}}, {"not": {"segment": "vip"}}]}), Limits::default())
            .unwrap();
    assert_eq!((references[0].pointer.as_str(), references[0].name.as_str()), ("/any/1/not/segment", "vip"));
}
