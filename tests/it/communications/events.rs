//! Events that other systems send.

use serde_json::{Value, json};

use super::{events_of, now_ms};
use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(
    events_are_taken_once,
    a_call_with_a_bad_event_is_refused_whole,
    members_are_named_in_every_way,
    calls_and_events_have_bounds,
);

const EVENTS: &str = "/v1/events";

fn event(id: &str, member: &Value) -> Value {
    json!({"id": id, "source": "shop", "member": member, "kind": "cart_abandoned",
           "at": now_ms() - 60_000, "payload": {"items": 2}})
}

fn with(mut event: Value, name: &str, value: Value) -> Value {
    event[name] = value;
    event
}

fn m1() -> Value {
    json!({"id": "m-1"})
}

fn send(shop: &Shop, rows: &[Value]) -> Answer {
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import(EVENTS, &rows.join("\n"))
}

/// Place and code of each problem.
fn problems(answer: &Answer) -> Vec<(String, String)> {
    let document = answer.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let errors = document["errors"].as_array().expect("errors").iter();
    errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

fn events_are_taken_once(database: Database) {
    let shop = Shop::open(database);
    let rows = [event("1", &m1()), event("2", &m1()), event("1", &m1())];
    let taken = send(&shop, &rows).accepted();
    assert_eq!(taken, json!({"rows": 3, "taken": 2, "repeated": 1, "skipped": 0}));
    let again = [event("2", &m1()), with(event("2", &m1()), "source", json!("app"))];
    assert_eq!(send(&shop, &again).accepted()["taken"], 1);
    let events = events_of(&shop, "m-1");
    assert_eq!(events.len(), 3);
    let event = &events[0];
    assert_eq!((&event["kind"], &event["payload"]), (&json!("cart_abandoned"), &json!({"items": 2})));
    // A host that is killed has kept what it answered for.
    shop.kill();
    shop.start();
    assert_eq!(events_of(&shop, "m-1").len(), 3);
    assert_eq!(send(&shop, &rows).accepted()["repeated"], 3);
}

fn a_call_with_a_bad_event_is_refused_whole(database: Database) {
    let shop = Shop::open(database);
    let now = now_ms();
    let at = |at: Value| with(event("x", &m1()), "at", at);
    let rows = [
        event("good", &m1()),
        at(json!("1970-01-20T10:00:00Z")),
        at(json!(now / 1000)),
        at(json!(now + 366 * 24 * 60 * 60 * 1000)),
        at(json!(now * 1000)),
        at(json!("yesterday")),
        with(event("x", &m1()), "source", json!("till")),
        with(event("x", &m1()), "kind", json!("message_opened")),
        with(event("x", &m1()), "visitor", json!("v-1")),
        with(event("x", &m1()), "payload", json!(7)),
        with(event("x", &m1()), "pay_load", json!({})),
        event("x", &json!({"id": "nobody"})),
        event("x", &json!({"kind": "card", "value": "404"})),
        json!({}),
    ];
    let answer = send(&shop, &rows);
    assert_eq!(answer.refused(), (422, "events_refused".to_owned()));
    let found = problems(&answer);
    let expected = [
        ("/1/at", "event_too_old"),
        ("/2/at", "event_too_old"),
        ("/3/at", "event_in_future"),
        ("/4/at", "event_in_future"),
        ("/5/at", "not_a_time"),
        ("/6/source", "reserved_source"),
        ("/7/kind", "reserved_kind"),
        ("/8/visitor", "one_of_both"),
        ("/11/member", "unknown_member"),
        ("/12/member", "unknown_member"),
        ("/13", "missing_field"),
    ];
    for (place, code) in expected {
        let is_it = |(at, found): &(String, String)| at.starts_with(place) && found == code;
        assert!(found.iter().any(is_it), "{place} {code} is not among {found:?}");
    }
    for row in ["/9/", "/10/"] {
        assert!(found.iter().any(|(at, _)| at.starts_with(row)), "{row} is not among {found:?}");
    }
    assert!(!found.iter().any(|(at, _)| at.starts_with("/0")), "{found:?}");
    // What has gone wrong is said, and what to do.
    for advice in ["looks like seconds", "looks like microseconds", "import the member first"] {
        assert!(answer.text.contains(advice), "{advice}: {}", answer.text);
    }
    assert_eq!(events_of(&shop, "m-1").len(), 0);
    // However many there are, a hundred are told.
    let many: Vec<Value> = (0..500).map(|_| at(json!(0))).collect();
    let answer = send(&shop, &many);
    assert!(problems(&answer).len() <= 101, "{}", answer.text);
    let malformed = shop.import(EVENTS, "{\"id\":\n");
    assert_eq!(malformed.refused(), (400, "malformed_json".to_owned()));
}

fn members_are_named_in_every_way(database: Database) {
    let shop = Shop::open(database);
    let row = |id: &str| {
        let card = format!("c-{id}");
        json!({"id": id, "identifiers": [{"kind": "card", "value": card}]}).to_string()
    };
    shop.import("/v1/members/imports", &[row("m-2"), row("m-3")].join("\n")).accepted();
    shop.as_integration("POST", "/v1/members/m-2/merge", r#"{"into":"m-3"}"#).accepted();
    let rows = [
        event("1", &json!({"id": "m-2"})),
        event("2", &json!({"kind": "card", "value": "C-m-3"})),
        event("3", &json!({"kind": "card", "value": "c-m-2"})),
    ];
    assert_eq!(send(&shop, &rows).accepted()["taken"], 3);
    let events = events_of(&shop, "m-3");
    let sent = events.iter().filter(|event| event["source"] == "shop").count();
    assert_eq!(sent, 3, "those of a merged member are the survivor's");
    let mut visitor = event("4", &m1());
    visitor.as_object_mut().expect("an object").remove("member");
    assert_eq!(send(&shop, &[with(visitor, "visitor", json!("v-1"))]).accepted()["taken"], 1);
    let mixed = [event("5", &m1()), event("6", &json!({"id": "nobody"}))].map(|row| row.to_string());
    let taken = shop.import(&format!("{EVENTS}?unknown=skip"), &mixed.join("\n")).accepted();
    assert_eq!(taken, json!({"rows": 2, "taken": 1, "repeated": 0, "skipped": 1}));
    let wrong = shop.import(&format!("{EVENTS}?unknown=keep"), &mixed.join("\n"));
    assert_eq!(wrong.refused(), (400, "malformed_query".to_owned()));
}

fn calls_and_events_have_bounds(database: Database) {
    let settings = [
        ("COMMUNICATIONS__EVENTS_PER_CALL", "3"),
        ("COMMUNICATIONS__EVENT_BYTES", "400"),
        ("COMMUNICATIONS__EVENTS_BYTES", "2000"),
        ("COMMUNICATIONS__EVENT_BEHIND_DAYS", "2"),
    ];
    let shop = Shop::open_with(database, &settings);
    let rows: Vec<Value> = ["1", "2", "3", "4"].iter().map(|id| event(id, &m1())).collect();
    let answer = send(&shop, &rows);
    assert_eq!(problems(&answer), [("/3".to_owned(), "too_many_rows".to_owned())]);
    assert_eq!(send(&shop, &rows[..3]).accepted()["taken"], 3);
    let long = with(event("5", &m1()), "payload", json!({"text": "x".repeat(400)}));
    assert_eq!(send(&shop, &[long]).refused(), (413, "body_too_large".to_owned()));
    let blank = format!("{}\n", " ".repeat(300)).repeat(10);
    assert_eq!(shop.import(EVENTS, &blank).refused(), (413, "body_too_large".to_owned()));
    let old = with(event("6", &m1()), "at", json!(now_ms() - 3 * 24 * 60 * 60 * 1000));
    assert_eq!(problems(&send(&shop, &[old])), [("/0/at".to_owned(), "event_too_old".to_owned())]);
}
