//! Segments over HTTP: rules, members, and what tills make of them.

mod law;

use serde_json::{Value, json};

use super::now_ms;
use crate::shop::{Answer, Database, Shop, hundredths, on_both_databases, path, reference};
use crate::waiting::{until, wait_for};

on_both_databases!(
    a_segment_follows_events,
    a_segment_that_reads_itself_is_refused,
    every_problem_has_its_place,
    a_preview_counts_before_there_is_a_segment,
    an_erased_member_is_in_no_segment,
    an_erased_member_leaves_the_audience_that_a_segment_has_made,
    an_offer_pays_a_segment_and_its_receipts_replay,
    rfm_names_ten_cells,
);

/// Hands segments to the tills at once.
const OFTEN: (&str, &str) = ("COMMUNICATIONS__SEGMENT_OFFERS_SECONDS", "1");

fn put(shop: &Shop, name: &str, body: &Value) -> Answer {
    shop.put(&format!("/v1/segments/{name}"), &body.to_string())
}

fn get(shop: &Shop, name: &str) -> Value {
    shop.as_integration("GET", &format!("/v1/segments/{name}"), "").accepted()
}

/// Waits until a segment is worked out and has so many members.
fn has(shop: &Shop, name: &str, members: i64) -> Value {
    wait_for(&format!("{members} members of {name}"), || {
        let segment = get(shop, name);
        (segment["state"] == "ready" && segment["members"] == members).then_some(segment)
    })
}

fn send(shop: &Shop, id: &str, member: &str, kind: &str, payload: &Value) {
    let event = json!({"id": id, "source": "shop", "member": {"id": member}, "kind": kind, "at": now_ms() - 1_000, "payload": payload});
    shop.import("/v1/events", &event.to_string()).accepted();
}

fn problems(answer: &Answer) -> Vec<(String, String)> {
    let document = answer.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let errors = document["errors"].as_array().expect("errors").iter();
    errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

fn place(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

fn a_segment_follows_events(database: Database) {
    let shop = Shop::open(database);
    let rule = json!({"event": "cart_abandoned", "count": {"at_least": 2}, "where": {"shop": "web"}});
    let body = json!({"title": "Two carts", "rule": rule});
    let made = put(&shop, "carts", &body).accepted();
    assert_eq!((&made["revision"], &made["rule"]), (&json!(1), &rule));
    has(&shop, "carts", 0);
    send(&shop, "1", "m-1", "cart_abandoned", &json!({"shop": "web"}));
    send(&shop, "2", "m-1", "cart_abandoned", &json!({"shop": "kiosk"}));
    send(&shop, "3", "m-1", "cart_abandoned", &json!({"shop": "web"}));
    has(&shop, "carts", 1);
    // The same definition again changes nothing; another rule is worked out over what is there.
    assert_eq!(put(&shop, "carts", &body).accepted()["revision"], 1);
    let changed = json!({"rule": {"event": "cart_abandoned", "count": {"at_least": 4}}});
    assert_eq!(put(&shop, "carts", &changed).accepted()["revision"], 2);
    has(&shop, "carts", 0);
    let changed = json!({"rule": {"event": "cart_abandoned", "count": {"exactly": 3}}});
    put(&shop, "carts", &changed).accepted();
    has(&shop, "carts", 1);
    // A host that is killed goes on where it was.
    shop.kill();
    shop.start();
    send(&shop, "4", "m-1", "cart_abandoned", &json!({}));
    has(&shop, "carts", 0);
    let events = super::events_of(&shop, "m-1");
    let told: Vec<&Value> =
        events.iter().filter(|event| event["source"] == "segments").map(|event| &event["kind"]).collect();
    // The latest first. What a change of the rule does to its members is no event of theirs.
    assert_eq!(told, [&json!("segment_left"), &json!("segment_entered")]);
    let listed = shop.as_integration("GET", "/v1/segments", "").accepted();
    assert_eq!(listed["segments"].as_array().map(Vec::len), Some(1));
    assert_eq!(shop.as_integration("DELETE", "/v1/segments/carts", "").status, 204);
    let gone = shop.as_integration("GET", "/v1/segments/carts", "");
    assert_eq!(gone.refused(), (404, "unknown_segment".to_owned()));
}

fn a_segment_that_reads_itself_is_refused(database: Database) {
    let shop = Shop::open(database);
    let reads = |name: &str| json!({"rule": {"all": [{"points": {"at_least": 1}}, {"segment": name}]}});
    let itself = put(&shop, "a", &reads("a"));
    assert_eq!(problems(&itself), [place("/rule/all/1/segment", "segment_cycle")]);
    assert_eq!(problems(&put(&shop, "a", &reads("b"))), [place("/rule/all/1/segment", "unknown_segment")]);
    put(&shop, "a", &json!({"rule": {"points": {"at_least": 1}}})).accepted();
    put(&shop, "b", &reads("a")).accepted();
    put(&shop, "c", &reads("b")).accepted();
    let circle = put(&shop, "a", &reads("c"));
    assert_eq!(problems(&circle), [place("/rule/all/1/segment", "segment_cycle")]);
    assert!(
        circle.json()["errors"][0]["detail"].as_str().unwrap().contains("a → c → b → a"),
        "{}",
        circle.json()
    );
    has(&shop, "c", 1);
    let used = shop.as_integration("DELETE", "/v1/segments/b", "");
    assert_eq!(used.refused(), (409, "segment_in_use".to_owned()));
    // What reads a changed segment is worked out anew.
    put(&shop, "a", &json!({"rule": {"points": {"at_least": 1_000_000}}})).accepted();
    for name in ["a", "b", "c"] {
        has(&shop, name, 0);
    }
}

fn every_problem_has_its_place(database: Database) {
    let shop = Shop::open(database);
    let body = json!({"rule": {"any": [
        {"event": "purchase", "sum": {"at_least": 1}},
        {"event": "segment_entered"},
        {"attribute": "city", "age": {"from": 1_000}},
        {"rfm": ["kings"]},
    ]}, "offer": true});
    let told = problems(&put(&shop, "x", &body));
    for (pointer, code) in [
        ("/rule/any/0/sum", "missing_field"),
        ("/rule/any/1/event", "event_of_segments"),
        ("/rule/any/2/age/from", "out_of_range"),
        ("/rule/any/3/rfm/0", "unknown_value"),
        ("/offer", "unknown_field"),
    ] {
        assert!(told.contains(&place(pointer, code)), "{pointer} {code}: {told:?}");
    }
    let deep = (0..17).fold(json!({"points": {"at_least": 1}}), |rule, _| json!({"not": rule}));
    let told = problems(&put(&shop, "x", &json!({"rule": deep})));
    assert_eq!(told.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>(), ["rule_too_deep"]);
    // The address of previews is no segment's.
    assert_eq!(put(&shop, "preview", &json!({"rule": {"points": {"at_least": 1}}})).status, 405);
}

fn a_preview_counts_before_there_is_a_segment(database: Database) {
    let shop = Shop::open(database);
    send(&shop, "1", "m-1", "page_viewed", &json!({"path": "/coffee"}));
    let preview = |rule: &Value| {
        let headers = [("Content-Type", "application/json")];
        let body = json!({"rule": rule}).to_string();
        shop.call(("POST", "/v1/segments/preview"), "integration", &headers, &body).accepted()
    };
    let viewed = json!({"event": "page_viewed", "where": {"path": "/coffee"}, "within_days": 2});
    let whole = json!({"count": 1, "of": 1, "sample": ["m-1"]});
    wait_for("the event is read, and all members are worked in", || {
        (preview(&viewed) == whole).then_some(())
    });
    assert_eq!(preview(&json!({"not": viewed})), json!({"count": 0, "of": 1, "sample": []}));
}

fn an_erased_member_is_in_no_segment(database: Database) {
    let shop = Shop::open(database);
    put(&shop, "viewers", &json!({"rule": {"event": "page_viewed"}})).accepted();
    send(&shop, "1", "m-1", "page_viewed", &json!({}));
    has(&shop, "viewers", 1);
    shop.as_integration("DELETE", "/v1/members/m-1/profile", "").accepted();
    has(&shop, "viewers", 0);
}

fn an_offer_pays_a_segment_and_its_receipts_replay(database: Database) {
    let shop = Shop::open_with(database, &[OFTEN]);
    let rule = json!({"event": "quiz_won", "within_days": 30});
    put(&shop, "winners", &json!({"rule": rule, "offers": true})).accepted();
    has(&shop, "winners", 0);
    let half = json!({"items": [{"target": "G2", "method": "percent", "value": "50"}]});
    let offer = json!({"mechanic": "product", "params": half, "filters": {"audience": ["winners"]}});
    shop.run_offer("for-winners", &offer);
    let before = calculate(&shop, "p-1", 0);
    send(&shop, "1", "m-1", "quiz_won", &json!({}));
    has(&shop, "winners", 1);
    let mut calls = 0;
    let after = wait_for("the tills know the winner", || {
        calls += 1;
        let answer = calculate(&shop, "p-2", calls);
        (answer != before).then_some(answer)
    });
    assert!(hundredths(&after) > hundredths(&before), "{after} {before}");
    shop.post(&path("p-2", "confirm"), "c-2", "{}").accepted();
    let shown = wait_for("the revision", || {
        let segment = get(&shop, "winners");
        segment["audience_revision"].is_i64().then_some(segment)
    });
    assert_eq!(shown["offers"], true);
    // A receipt replays with the members of its time, whatever they are now.
    send(&shop, "2", "m-1", "noise", &json!({}));
    put(&shop, "winners", &json!({"rule": {"event": "quiz_lost"}, "offers": true})).accepted();
    has(&shop, "winners", 0);
    wait_for("the tills have lost the winner", || {
        calls += 1;
        (calculate(&shop, "p-3", calls) == before).then_some(())
    });
    let replayed = shop.as_integration("POST", &path("p-2", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");
}

fn an_erased_member_leaves_the_audience_that_a_segment_has_made(database: Database) {
    let shop = Shop::open_with(database, &[OFTEN]);
    let rule = json!({"event": "quiz_won", "within_days": 30});
    put(&shop, "winners", &json!({"rule": rule, "offers": true})).accepted();
    send(&shop, "1", "m-1", "quiz_won", &json!({}));
    let members = || shop.as_integration("GET", "/v1/audiences/winners", "").accepted()["size"].clone();
    until("the tills know the winner", || members() == 1);
    until("it is noted", || get(&shop, "winners")["audience_revision"].is_i64());
    shop.as_integration("DELETE", "/v1/members/m-1/profile", "").accepted();
    assert_eq!(members(), 0);
    has(&shop, "winners", 0);
    assert_eq!(members(), 0);
}

/// The discount of the cheese. Each call is another one: the same again would get the same answer.
fn calculate(shop: &Shop, purchase: &str, call: u32) -> Value {
    let answer = shop
        .post(&path(purchase, "calculate"), &format!("calculate-{purchase}-{call}"), &reference().to_string())
        .accepted();
    answer["lines"][1]["discount"].clone()
}

fn rfm_names_ten_cells(database: Database) {
    let shop = Shop::open(database);
    let rfm = || shop.as_integration("GET", "/v1/rfm", "").accepted();
    assert_eq!(rfm(), json!({"month": null, "cells": [], "grids": null}));
    put(&shop, "best", &json!({"rule": {"rfm": {"frequency": {"at_most": 5}}}})).accepted();
    has(&shop, "best", 0);
    shop.post(&path("p-1", "calculate"), "k-1", &reference().to_string()).accepted();
    shop.post(&path("p-1", "confirm"), "k-2", "{}").accepted();
    let shown = wait_for("scores of the first buyer", || {
        let shown = rfm();
        let members = |cell: &Value| cell["members"].as_i64().unwrap();
        let cells = shown["cells"].as_array()?;
        (cells.iter().map(members).sum::<i64>() == 1).then_some(shown)
    });
    assert_eq!((&shown["buyers"], shown["cells"].as_array().map(Vec::len)), (&json!(1), Some(10)));
    for grid in ["rf", "rm", "fm"] {
        let cells = shown["grids"][grid]["cells"].as_array().expect("pairs of scores");
        assert_eq!(
            (cells.len(), cells.iter().filter(|cell| cell["members"] == 1).count()),
            (25, 1),
            "{grid}"
        );
    }
    // Rules that read the scores follow.
    has(&shop, "best", 1);
}
