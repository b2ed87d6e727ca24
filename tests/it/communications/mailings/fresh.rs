//! What was imported or changed a moment ago counts in a mailing that is started now.

use serde_json::{Value, json};

use super::{attributes, channel, mailing, members, open, start};
use crate::communications::mailings::sink::Sink;
use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(
    imports_and_mergers_of_a_moment_ago_count,
    a_mailing_waits_for_what_is_not_worked_in_and_a_preview_says_so,
);

fn preview(shop: &Shop, rule: &Value) -> Value {
    let body = json!({"rule": rule, "exact": true}).to_string();
    let headers = [("Content-Type", "application/json")];
    shop.call(("POST", "/v1/segments/preview"), "integration", &headers, &body).accepted()
}

/// Starts a mailing to an audience; the number of its members.
fn audience(shop: &Shop, name: &str, audience: &Value) -> Value {
    let address = format!("/v1/mailings/{name}");
    shop.put(&address, &mailing(&json!({"audience": audience})).to_string()).accepted();
    start(shop, name);
    shop.as_integration("GET", &address, "").accepted()["audience"].clone()
}

fn group(name: &str) -> Value {
    json!({"attribute": "group", "in": [name]})
}

fn imports_and_mergers_of_a_moment_ago_count(database: Database) {
    let shop = open(database, &[]);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..10, |_| true);
    let segment = json!({"rule": group("even")});
    shop.put("/v1/segments/even", &segment.to_string()).accepted();
    let is_ready = || {
        let segment = shop.as_integration("GET", "/v1/segments/even", "").accepted();
        segment["state"] == "ready" && segment["members"] == 5
    };
    until("all members have been gone over once", is_ready);
    assert_eq!(preview(&shop, &group("even"))["count"], json!(5));

    let even = |numbers: &[usize]| {
        numbers.iter().map(|number| (format!("p-{number}"), "group", "even".to_owned())).collect::<Vec<_>>()
    };
    attributes(&shop, &even(&[1, 3]));
    assert_eq!(audience(&shop, "attributes", &json!({"rule": group("even")})), json!(7));
    attributes(&shop, &even(&[5]));
    assert_eq!(audience(&shop, "segment", &json!({"segments": ["even"]})), json!(8));
    // New members, of whom nothing else is told: whoever has no name.
    let rows: Vec<String> = (20..23).map(|number| json!({"id": format!("p-{number}")}).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let nameless = json!({"rule": {"attribute": "name", "exists": false}});
    assert_eq!(audience(&shop, "new", &nameless), json!(3));
    let rich = json!({"id": "p-20", "points": "7.00"});
    shop.import("/v1/members/imports", &rich.to_string()).accepted();
    let with_points = json!({"rule": {"points": {"at_least": 1}}});
    assert_eq!(audience(&shop, "points", &with_points), json!(1));
    // The survivor has the group of the one that was merged into it, and is one member.
    shop.as_integration("POST", "/v1/members/p-2/merge", &json!({"into": "p-21"}).to_string()).accepted();
    assert_eq!(audience(&shop, "merged", &json!({"rule": group("even")})), json!(8));
    let listed = shop.as_integration("GET", "/v1/segments/even", "").accepted();
    assert_eq!(listed["members"], json!(8), "the segment follows, too");
}

fn a_mailing_waits_for_what_is_not_worked_in_and_a_preview_says_so(database: Database) {
    // Nobody works anything in.
    let settings =
        [("COMMUNICATIONS__SEGMENT_WAIT_MS", "300"), ("COMMUNICATIONS__SEGMENT_PREVIEW_MS", "100")];
    let shop = open(database, &settings);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..4, |_| true);
    until("all are worked in", || {
        let shown = preview(&shop, &group("even"));
        shown["count"] == 2 && shown["catching_up"].is_null()
    });
    shop.kill();
    shop.start_in_roles("tills");
    attributes(&shop, &[("p-1".to_owned(), "group", "even".to_owned())]);
    let behind = preview(&shop, &group("even"));
    assert_eq!((&behind["count"], &behind["catching_up"]), (&json!(2), &json!(true)), "{behind}");
    let document = mailing(&json!({"audience": {"rule": group("even")}}));
    shop.put("/v1/mailings/spring", &document.to_string()).accepted();
    let refused = shop.as_integration("POST", "/v1/mailings/spring/start", "");
    assert_eq!(refused.refused(), (409, "audience_not_ready".to_owned()));
    shop.kill();
    shop.start();
    start(&shop, "spring");
    let started = shop.as_integration("GET", "/v1/mailings/spring", "").accepted();
    assert_eq!(started["audience"], json!(3), "{started}");
}
