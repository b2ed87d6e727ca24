//! What the tills sold becomes events of members: once, whenever the host is killed.

use serde_json::{Value, json};

use super::{events_of, kinds};
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    purchases_returns_and_cancellations_become_events,
    a_kill_neither_loses_nor_repeats_an_event,
    a_cancellation_that_was_not_told_is_found,
    a_process_reads_the_feed_only_in_its_role,
);

fn settings() -> [(&'static str, &'static str); 2] {
    // Receipts of tests are old.
    [("COMMUNICATIONS__EVENTS_DAYS", "0"), ("COMMUNICATIONS__FEED_EVERY_MS", "20")]
}

fn calculate(shop: &Shop, purchase: &str) {
    shop.post(&path(purchase, "calculate"), purchase, &reference().to_string()).accepted();
}

fn sell(shop: &Shop, purchase: &str) {
    calculate(shop, purchase);
    shop.post(&path(purchase, "confirm"), &format!("{purchase}-c"), "").accepted();
}

fn event<'e>(events: &'e [Value], kind: &str) -> &'e Value {
    events.iter().find(|event| event["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {events:?}"))
}

fn number(value: &Value) -> i64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("not a whole number: {value}"))
}

fn purchases_returns_and_cancellations_become_events(database: Database) {
    let shop = Shop::open_with(database, &settings());
    sell(&shop, "p-1");
    calculate(&shop, "p-2");
    shop.post(&path("p-2", "cancel"), "p-2-x", "").accepted();
    until("the purchases are events", || events_of(&shop, "m-1").len() >= 3);
    let events = events_of(&shop, "m-1");
    assert_eq!(kinds(&events), ["cancelled", "points_accrued", "purchase"]);
    let purchase = event(&events, "purchase");
    assert_eq!((&purchase["source"], &purchase["at"]), (&json!("till"), &json!("2025-11-22T07:15:00Z")));
    let payload = &purchase["payload"];
    assert_eq!((&payload["purchase_id"], &payload["pos"]), (&json!("p-1"), &json!("store-77/till-3")));
    assert_eq!(payload["total"], "182144");
    assert_eq!(number(&payload["net"]) + number(&payload["discount"]), 182_144);
    let lines = payload["lines"].as_array().expect("lines");
    let of = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("product"), [json!("G1"), json!("G2"), json!("G3"), json!("G4")]);
    assert_eq!(of("quantity"), [json!("2"), json!("0.478"), json!("1"), json!("3")]);
    assert_eq!(of("amount"), [json!("69980"), json!("45267"), json!("39900"), json!("26997")]);
    let categories = lines[0]["categories"].as_array().expect("categories");
    assert!(!categories.is_empty(), "{payload}");
    assert_eq!(payload["offers"][0]["offer"], "coffee-15");
    let accrued = event(&events, "points_accrued");
    assert_eq!(accrued["payload"]["points"], payload["points_earned"]);
    assert_eq!(event(&events, "cancelled")["payload"], json!({"purchase_id": "p-2"}));

    let back = json!({"lines": [{"position": 4, "quantity": "1"}]}).to_string();
    let created = shop.post(&path("p-1", "returns"), "r-1", &back).accepted();
    let id = created["return_id"].as_str().expect("an id");
    shop.post(&format!("/v1/purchases/p-1/returns/{id}/confirm"), "r-1-c", "").accepted();
    until("the return is an event", || kinds(&events_of(&shop, "m-1")).contains(&"return"));
    let events = events_of(&shop, "m-1");
    let payload = &event(&events, "return")["payload"];
    assert_eq!((&payload["purchase_id"], &payload["return_id"]), (&json!("p-1"), &json!(id)));
    assert_eq!(payload["total"], "-8999");
    assert_eq!(
        (&payload["lines"][0]["product"], &payload["lines"][0]["quantity"]),
        (&json!("G4"), &json!("-1"))
    );
    // Other readers of the feed see nothing of the cancellation.
    let feed = shop.as_integration("GET", "/v1/results/export", "").text;
    assert!(feed.contains("p-1") && !feed.contains("p-2"), "{feed}");
}

fn a_kill_neither_loses_nor_repeats_an_event(database: Database) {
    let mut shop = Shop::open_with(database, &settings());
    // A row a step, so that a kill finds the reader at work.
    shop.set("COMMUNICATIONS__FEED_ROWS", "1");
    shop.kill();
    shop.start();
    let mut sold = 0;
    for round in 0..6 {
        for purchase in 0..5 {
            sell(&shop, &format!("p-{round}-{purchase}"));
            sold += 1;
        }
        shop.kill();
        shop.start();
    }
    let ids = || {
        let events = events_of(&shop, "m-1");
        let purchases = events.iter().filter(|event| event["kind"] == "purchase");
        purchases.map(|event| event["payload"]["purchase_id"].to_string()).collect::<Vec<_>>()
    };
    until("all purchases are events", || ids().len() >= sold);
    let mut ids = ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), sold);
    // The position is lost, as by a restore of the database of tills: all is read again, and nothing is there twice.
    let before = events_of(&shop, "m-1").len();
    shop.communications_sql("UPDATE cursors SET mark = 'elsewhere' WHERE name = 'results'");
    sell(&shop, "p-last");
    until("the last purchase is an event", || {
        events_of(&shop, "m-1").iter().any(|event| event["payload"]["purchase_id"] == "p-last")
    });
    assert_eq!(events_of(&shop, "m-1").len(), before + 2);
}

fn a_process_reads_the_feed_only_in_its_role(database: Database) {
    let settings = settings();
    let shop = Shop::open_in_roles(database, &settings, "tills");
    sell(&shop, "p-1");
    assert_eq!(events_of(&shop, "m-1"), Vec::<Value>::new());
    shop.kill();
    shop.start_in_roles("communications");
    until("the purchase is an event", || kinds(&events_of(&shop, "m-1")).contains(&"purchase"));
    let wrong = shop.command(&["serve", "--roles", "till"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && said.contains("tills,communications,senders"), "{said}");
}

fn a_cancellation_that_was_not_told_is_found(database: Database) {
    let shop = Shop::open_with(database, &settings());
    calculate(&shop, "p-1");
    shop.post(&path("p-1", "cancel"), "p-1-x", "").accepted();
    let told = || kinds(&events_of(&shop, "m-1")).iter().filter(|kind| **kind == "cancelled").count();
    until("it is told at once", || told() == 1);
    // As if the host had been killed between the purchase and the word of it.
    shop.communications_sql("DELETE FROM events WHERE kind = 'cancelled'");
    until("it is found", || told() == 1);
    sell(&shop, "p-2");
    until("what comes after it is told", || events_of(&shop, "m-1").len() >= 3);
    assert_eq!(told(), 1);
}
