//! What visitors of a site do, as its pages tell it.

use serde_json::{Value, json};

use super::{events_of, now_ms};
use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(
    what_a_visitor_did_is_the_members_who_signs_in,
    a_visitor_who_is_known_never_takes_a_member_over,
    only_pages_of_the_site_are_heard,
    wrong_events_and_too_many_are_refused,
);

const SITE: &str = "https://shop.example";
const VISITOR: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

fn shop(database: Database) -> Shop {
    let sites = "shop https://shop.example https://m.shop.example,blog https://blog.example";
    let settings =
        [("COLLECT__SITES", sites), ("COLLECT__VISITOR_PER_MINUTE", "40"), ("COLLECT__BYTES", "4096")];
    Shop::open_with(database, &settings)
}

fn row(id: &str, visitor: &str, kind: &str, payload: Value) -> Value {
    json!({"id": id, "visitor": visitor, "kind": kind, "ago": 1_500, "payload": payload})
}

fn viewed(id: &str, product: &str) -> Value {
    row(id, VISITOR, "product_viewed", json!({"product": product}))
}

fn signed_in(id: &str, visitor: &str, token: &str) -> Value {
    json!({"id": id, "visitor": visitor, "kind": "signed_in", "token": token})
}

fn token(shop: &Shop, member: &str) -> String {
    let made = shop.as_integration("POST", &format!("/v1/members/{member}/tokens"), "").accepted();
    made["token"].as_str().expect("a token").to_owned()
}

fn tell_from(shop: &Shop, site: &str, origin: &str, rows: &[Value]) -> Answer {
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    let headers = [("Content-Type", "text/plain;charset=UTF-8"), ("Origin", origin)];
    shop.call(("POST", &format!("/v1/collect?site={site}")), "", &headers, &rows.join("\n"))
}

fn tell(shop: &Shop, rows: &[Value]) -> Answer {
    tell_from(shop, "shop", SITE, rows)
}

/// Kinds and products of a member's events from pages, the first that happened first.
fn told(shop: &Shop, member: &str) -> Vec<(String, Value)> {
    let events = events_of(shop, member);
    let mut of_pages: Vec<_> = events.iter().filter(|event| event["source"] == "collect").collect();
    of_pages.sort_by_key(|event| event["id"].to_string());
    let one = |event: &&Value| (event["kind"].as_str().expect("a kind").to_owned(), event["payload"].clone());
    of_pages.iter().map(one).collect()
}

fn problems(answer: &Answer) -> Vec<(String, String)> {
    let document = answer.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let errors = document["errors"].as_array().expect("errors").iter();
    errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

fn what_a_visitor_did_is_the_members_who_signs_in(database: Database) {
    let shop = shop(database);
    let cart = json!({"items": [{"product": "G4", "quantity": 2}]});
    let page = json!({"url": "https://shop.example/coffee", "title": "Coffee", "referrer": ""});
    let before = [
        row("1", VISITOR, "page_viewed", page.clone()),
        viewed("2", "G4"),
        row("3", VISITOR, "section_viewed", json!({"section": "COFFEE"})),
        row("4", OTHER, "page_viewed", page),
    ];
    assert_eq!(tell(&shop, &before).accepted(), json!({"events": 4, "taken": 4}));
    assert_eq!(tell(&shop, &before[..2]).accepted(), json!({"events": 2, "taken": 0}));
    // Nobody's yet.
    let profile = shop.as_integration("GET", "/v1/members/m-1/profile", "").accepted();
    assert_eq!(profile["events"], json!([]));

    let with =
        [signed_in("5", VISITOR, &token(&shop, "m-1")), row("6", VISITOR, "cart_changed", cart.clone())];
    assert_eq!(tell(&shop, &with).accepted(), json!({"events": 1, "taken": 1}));
    let told = told(&shop, "m-1");
    let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["page_viewed", "product_viewed", "section_viewed", "cart_changed"]);
    assert_eq!((&told[1].1, &told[3].1), (&json!({"product": "G4"}), &cart));
    let event = &events_of(&shop, "m-1")[0];
    assert_eq!(event["visitor"], VISITOR);
    let at: jiff::Timestamp = event["at"].as_str().expect("a time").parse().expect("a time");
    let ago = now_ms() - at.as_millisecond();
    assert!((1_500..600_000).contains(&ago), "{ago} ms ago");
    // A host that was killed knows the visitor.
    shop.kill();
    shop.start();
    tell(&shop, &[viewed("7", "G1")]).accepted();
    assert_eq!(events_of(&shop, "m-1").len(), 5);
}

/// The member who is known survives, whatever visitors say, and whoever uses the browser after it (mautic #16425).
fn a_visitor_who_is_known_never_takes_a_member_over(database: Database) {
    let shop = shop(database);
    let row = json!({"id": "m-2", "identifiers": [{"kind": "card", "value": "2"}]});
    shop.import("/v1/members/imports", &row.to_string()).accepted();
    let number = |member: &str| {
        let path = format!("/v1/members/{member}/profile");
        shop.as_integration("GET", &path, "").accepted()["number"].clone()
    };
    let (first, second) = (token(&shop, "m-1"), token(&shop, "m-2"));
    tell(&shop, &[viewed("1", "G1"), signed_in("2", VISITOR, &first)]).accepted();
    let known = number("m-1");
    // Another browser of the same member, twice; then another member in the first browser.
    tell(&shop, &[row_of(OTHER, "1"), signed_in("2", OTHER, &first), signed_in("3", OTHER, &first)])
        .accepted();
    tell(&shop, &[viewed("3", "G2"), signed_in("4", VISITOR, &second), viewed("5", "G3")]).accepted();
    assert_eq!(number("m-1"), known);
    assert!(number("m-2").is_i64() && number("m-2") != known);
    let of = |member: &str| {
        told(&shop, member).into_iter().map(|(_, payload)| payload["product"].clone()).collect::<Vec<_>>()
    };
    // A call says who the visitor is before what it did.
    assert_eq!((of("m-1"), of("m-2")), (vec![json!("G1"), json!("G4")], vec![json!("G2"), json!("G3")]));
    // Back again: nothing of the other member's moves.
    tell(&shop, &[signed_in("6", VISITOR, &first)]).accepted();
    assert_eq!(of("m-2"), [json!("G2"), json!("G3")]);
    let profile = shop.as_integration("GET", "/v1/members/m-1/profile", "").accepted();
    assert_eq!((&profile["member_id"], &profile["identifiers"][0]["value"]), (&json!("m-1"), &json!("1")));
}

fn row_of(visitor: &str, id: &str) -> Value {
    row(id, visitor, "product_viewed", json!({"product": "G4"}))
}

fn only_pages_of_the_site_are_heard(database: Database) {
    let shop = shop(database);
    let one = [viewed("1", "G4")];
    assert_eq!(tell_from(&shop, "shop", "https://m.shop.example", &one).accepted()["taken"], 1);
    for (site, origin, refused) in [
        ("shop", "https://blog.example", (403, "origin_not_allowed")),
        ("shop", "https://shop.example.evil.example", (403, "origin_not_allowed")),
        ("shop", "null", (403, "origin_not_allowed")),
        ("blog", SITE, (403, "origin_not_allowed")),
        ("other", SITE, (404, "unknown_site")),
    ] {
        let answer = tell_from(&shop, site, origin, &one);
        assert_eq!(answer.refused(), (refused.0, refused.1.to_owned()), "{site} from {origin}");
    }
    let silent = shop.call(("POST", "/v1/collect?site=shop"), "", &[("Content-Type", "text/plain")], "{}");
    assert_eq!(silent.refused(), (403, "origin_not_allowed".to_owned()));
    let nameless = shop.call(("POST", "/v1/collect"), "", &[("Origin", SITE)], "{}");
    assert_eq!(nameless.refused(), (400, "malformed_query".to_owned()));

    // What browsers ask and read.
    let ask = |method: &str, origin: &str| {
        let url = format!("{}/v1/collect?site=shop", shop.address());
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder().method(method).uri(url).header("Origin", origin);
        let answer = agent.run(request.body(one[0].to_string()).expect("a request")).expect("an answer");
        let header =
            |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        (
            answer.status().as_u16(),
            header("access-control-allow-origin"),
            header("access-control-allow-headers"),
        )
    };
    assert_eq!(ask("OPTIONS", SITE), (204, Some(SITE.to_owned()), Some("Content-Type".to_owned())));
    assert_eq!(ask("OPTIONS", "https://evil.example"), (403, None, None));
    assert_eq!(ask("POST", SITE), (200, Some(SITE.to_owned()), None));

    let script = shop.call(("GET", "/collect.js"), "", &[], "");
    assert_eq!(script.status, 200);
    assert!(script.text.len() < 3_000, "{} bytes", script.text.len());
    for part in ["/collect?site=", "page_viewed", "signed_in", "offerHost"] {
        assert!(script.text.contains(part), "{part}");
    }
}

fn wrong_events_and_too_many_are_refused(database: Database) {
    let shop = shop(database);
    let with = |name: &str, value: Value| {
        let mut row = viewed("1", "G4");
        row[name] = value;
        row
    };
    let rows = [
        viewed("0", "G4"),
        with("visitor", json!("short")),
        with("visitor", json!("0123456789abcdef<script>")),
        with("kind", json!("purchase")),
        with("ago", json!(-1)),
        with("ago", json!(86_400_001)),
        with("payload", json!({})),
        row("1", VISITOR, "page_viewed", json!({"url": "x".repeat(2_001), "title": ""})),
        with("token", json!("t")),
        row("1", VISITOR, "cart_changed", json!({"items": [{"product": "G4", "quantity": "two"}]})),
        json!({"id": "1", "visitor": VISITOR, "kind": "signed_in"}),
    ];
    let answer = tell(&shop, &rows);
    assert_eq!(answer.refused(), (422, "events_refused".to_owned()));
    let expected = [
        ("/1/visitor", "malformed_visitor"),
        ("/2/visitor", "malformed_visitor"),
        ("/3/kind", "unknown_value"),
        ("/4/ago", "out_of_range"),
        ("/5/ago", "out_of_range"),
        ("/6/payload/product", "missing_field"),
        ("/7/payload/url", "too_long"),
        ("/8/token", "unexpected_field"),
        ("/9/payload/items/0/quantity", "wrong_type"),
        ("/10/token", "missing_field"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect();
    assert_eq!(problems(&answer), expected);
    // A token that says nothing costs no event.
    for (id, wrong) in [("1", "not a token".to_owned()), ("2", shop.integration_key().to_owned())] {
        let taken = tell(&shop, &[viewed(id, "G4"), signed_in("s", OTHER, &wrong)]).accepted();
        assert_eq!(
            (taken["taken"].as_i64(), &taken["problems"][0]["pointer"]),
            (Some(1), &json!("/1/token"))
        );
        assert_eq!(taken["problems"][0]["code"], "token_refused");
    }
    let long = "x".repeat(4_097);
    let answer = shop.call(("POST", "/v1/collect?site=shop"), "", &[("Origin", SITE)], &long);
    assert_eq!(answer.refused(), (413, "body_too_large".to_owned()));
    let many: Vec<Value> = (0..51).map(|_| json!({})).collect();
    assert_eq!(problems(&tell(&shop, &many)), [("/50".to_owned(), "too_many_rows".to_owned())]);

    // More than a person does in a minute; the next minute may begin in between.
    let answers: Vec<u16> =
        (0..90).map(|id| tell(&shop, &[viewed(&format!("n-{id}"), "G4")]).status).collect();
    assert!(answers.contains(&429) && answers.contains(&200), "{answers:?}");
    let others = tell(&shop, &[row_of("another-visitor-of-the-shop", "1")]);
    assert_eq!(others.status, 200, "{}", others.text);
}
