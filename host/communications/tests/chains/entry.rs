use communications::Event;
use communications::chains::{Admission, Earlier, Reentry, admit, entry};
use serde_json::{Value, json};

use super::shop::{event, member, simulated, version, waiting};

fn with_reentry(reentry: &str, wait: &Value) -> Value {
    let mut document = waiting(wait);
    document["reentry"] = json!(reentry);
    document
}

fn is(conditions: &Value, payload: &Value) -> bool {
    let mut document = waiting(&json!({ "for": "1h" }));
    document["triggers"][0]["where"] = conditions.clone();
    let event = Event { kind: "go".to_owned(), at: 0, payload: payload.clone() };
    entry(&version(&document), &event, &mut |_| 0).is_some()
}

#[test]
fn conditions_look_into_lists_and_compare_numbers_as_numbers() {
    let payload = json!({
        "total": "1200.50",
        "lines": [
            { "product": "tea", "category": ["drinks", "tea"], "quantity": 1 },
            { "product": "cup", "category": ["kitchen"], "quantity": 2 }
        ]
    });
    for (condition, holds) in [
        (json!({ "field": "/total", "at_least": "1200.5" }), true),
        (json!({ "field": "/total", "at_least": 1201 }), false),
        (json!({ "field": "/total", "at_most": "1200.49" }), false),
        (json!({ "field": "/lines/*/product", "in": ["cup", "spoon"] }), true),
        (json!({ "field": "/lines/*/product", "in": ["spoon"] }), false),
        (json!({ "field": "/lines/*/category", "in": ["drinks"] }), true),
        (json!({ "field": "/lines/1/category", "in": ["drinks"] }), false),
        (json!({ "field": "/lines/*/quantity", "in": [2.0] }), true),
        (json!({ "field": "/lines/*/price", "exists": true }), false),
        (json!({ "field": "/lines", "exists": true }), true),
    ] {
        assert_eq!(is(&json!([condition]), &payload), holds, "{condition}");
    }
}

/// Kannon #412, warmbly PR 412: only what a person does drives a chain, unless it asks for others.
#[test]
fn clicks_of_scanners_let_nobody_in() {
    let entered = |conditions: &Value, verdict: &Value| {
        let mut document = waiting(&json!({ "for": "1h" }));
        document["triggers"][0] = json!({ "event": "message_clicked", "where": conditions });
        let event =
            Event { kind: "message_clicked".to_owned(), at: 0, payload: json!({ "verdict": verdict }) };
        entry(&version(&document), &event, &mut |_| 0).is_some()
    };
    let scanners = json!([{ "field": "/verdict", "in": ["scanner"] }]);
    for (conditions, verdict, enters) in [
        (&json!([]), "human", true),
        (&json!([]), "scanner", false),
        (&json!([]), "unsure", false),
        (&scanners, "scanner", true),
        (&scanners, "human", false),
    ] {
        assert_eq!(entered(conditions, &json!(verdict)), enters, "{conditions} {verdict}");
    }
    assert!(entered(&json!([]), &Value::Null));
}

#[test]
fn the_nth_event_enters_and_no_other() {
    let mut document = with_reentry("always", &json!({ "for": "1h" }));
    document["triggers"][0] =
        json!({ "event": "purchase", "number": 2, "where": [{ "field": "/total", "at_least": "10" }] });
    let purchase = |day: u8, total: &str| {
        event(&format!("2026-03-{day:02}T10:00:00Z"), "purchase", json!({ "total": total }))
    };
    let events = vec![purchase(1, "50"), purchase(2, "5"), purchase(3, "50"), purchase(4, "50")];
    let simulation = simulated(&version(&document), vec![member("m", "UTC")], events);
    assert_eq!(simulation.entries, 1);
    assert_eq!(simulation.trace[0].0, super::shop::at("2026-03-03T11:00:00Z"));
}

#[test]
fn who_is_let_in_again_depends_on_the_rule() {
    let earlier = |runs, active| Earlier { runs, active };
    let document = with_reentry("once", &json!({ "for": "1h" }));
    let event = Event { kind: "go".to_owned(), at: 0, payload: Value::Null };
    let entry = entry(&version(&document), &event, &mut |_| 0).expect("an entry");
    let id = ("shop", "e-1");
    let key = |admission: Admission| match admission {
        Admission::Enter(key) | Admission::Restart(key) => key,
        other => panic!("{other:?}"),
    };
    assert_eq!(admit(Reentry::Once, &entry, id, earlier(0, false)), Admission::Enter(String::new()));
    assert_eq!(admit(Reentry::Once, &entry, id, earlier(1, false)), Admission::Refused);
    assert_eq!(admit(Reentry::AfterExit, &entry, id, earlier(1, true)), Admission::Joined);
    assert_eq!(admit(Reentry::AfterExit, &entry, id, earlier(1, false)), Admission::Enter("#1".to_owned()));
    assert_eq!(admit(Reentry::Restart, &entry, id, earlier(1, true)), Admission::Restart("#1".to_owned()));
    // The same event wants the same key, another one another key.
    let always = |id| key(admit(Reentry::Always, &entry, id, earlier(3, true)));
    assert_eq!(always(("shop", "e-1")), always(("shop", "e-1")));
    assert_ne!(always(("shop", "e-1")), always(("shop", "e-2")));
}

/// Entering again while a run waits: messages and entries by rule.
#[test]
fn entering_during_a_wait_ends_joins_or_refuses() {
    let go = |time: &str| event(time, "go", Value::Null);
    for (reentry, entries, messages) in [
        ("once", 1, vec!["2026-03-01T11:00:00Z"]),
        ("after_exit", 2, vec!["2026-03-01T11:00:00Z", "2026-03-01T13:00:00Z"]),
        ("always", 3, vec!["2026-03-01T11:00:00Z", "2026-03-01T11:30:00Z", "2026-03-01T13:00:00Z"]),
        ("restart", 3, vec!["2026-03-01T11:30:00Z", "2026-03-01T13:00:00Z"]),
    ] {
        let version = version(&with_reentry(reentry, &json!({ "for": "1h" })));
        let events = vec![go("2026-03-01T10:00:00Z"), go("2026-03-01T10:30:00Z"), go("2026-03-01T12:00:00Z")];
        let simulation = simulated(&version, vec![member("m", "UTC")], events);
        let sent: Vec<i64> =
            simulation.trace.iter().filter(|line| line.3.starts_with("message")).map(|line| line.0).collect();
        let wanted: Vec<i64> = messages.into_iter().map(super::shop::at).collect();
        assert_eq!((simulation.entries, sent), (entries, wanted), "{reentry}");
    }
}

/// Novu #2569: a hundred events at the same instant are one window, and one message.
#[test]
fn a_window_has_one_message_for_each_key() {
    let mut document = with_reentry("after_exit", &json!({ "for": "10m" }));
    document["entry_key"] = json!("/topic");
    let events = (0..100).map(|number| {
        let mut event = event("2026-03-01T10:00:00Z", "go", json!({ "topic": format!("t-{}", number % 2) }));
        event.id.1 = number.to_string();
        event
    });
    let simulation = simulated(&version(&document), vec![member("m", "UTC")], events.collect());
    assert_eq!((simulation.entries, simulation.joined), (2, 98));
    assert_eq!(simulation.messages.values().sum::<u64>(), 2);
}

#[test]
fn an_event_without_its_key_lets_nobody_in() {
    let mut document = with_reentry("once", &json!({ "for": "10m" }));
    document["entry_key"] = json!("/order_id");
    let version = version(&document);
    let entered = |payload: Value| {
        let event = Event { kind: "go".to_owned(), at: 0, payload };
        entry(&version, &event, &mut |_| 0).map(|entry| entry.key)
    };
    assert_eq!(entered(json!({ "order_id": 17 })), Some("17".to_owned()));
    assert_eq!(entered(json!({})), None);
    assert_eq!(entered(json!({ "order_id": "a#1" })).map(|key| key.contains('#')), Some(false));
    assert_eq!(entered(json!({ "order_id": "o".repeat(100) })).map(|key| key.len()), Some(16));
}
