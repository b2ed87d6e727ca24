//! Back-tests from outside: a candidate against what is live, on purchases that were sold.

mod refusals;
mod reports;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shop::{Answer, Database, Shop, on_both_databases, path, reference};

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];
const PATH: &str = "/v1/backtests";

fn sell(shop: &Shop, id: &str, receipt: &Value) -> Value {
    shop.post(&path(id, "calculate"), &format!("{id}-0"), &receipt.to_string()).accepted();
    shop.post(&path(id, "confirm"), &format!("{id}-1"), "").accepted()
}

/// A shop that has sold three reference receipts, a day apart, and answers of the confirmations.
fn shop(database: Database) -> (Shop, Vec<Value>) {
    let shop = Shop::open(database);
    let sold = (1..=3).map(|number| {
        let mut receipt = reference();
        receipt["at"] = json!(format!("2025-11-2{number}T10:15:00+03:00"));
        sell(&shop, &format!("p-{number}"), &receipt)
    });
    let sold = sold.collect();
    (shop, sold)
}

/// An offer of so many percent off coffee.
fn coffee(external_id: &str, percent: &str) -> Value {
    let items = json!([{"target": "G1", "method": "percent", "value": percent}]);
    json!({"external_id": external_id, "title": external_id, "mechanic": "product",
           "params": {"items": items}})
}

fn send(shop: &Shop, body: &Value) -> Answer {
    shop.call(("POST", PATH), "integration", &JSON, &body.to_string())
}

/// Runs a back-test to its end; its document.
fn run(shop: &Shop, body: &Value) -> Value {
    let answer = send(shop, body);
    assert_eq!(answer.status, 202, "{}", answer.text);
    let begun = answer.json();
    let id = begun["id"].as_str().expect("an id");
    let late = Instant::now() + Duration::from_secs(60);
    loop {
        let now = shop.as_integration("GET", &format!("{PATH}/{id}"), "").accepted();
        if now["state"] != "running" {
            assert_eq!(now["state"], "done", "{now}");
            assert_eq!(now["done"], now["receipts"], "{now}");
            return now;
        }
        assert!(Instant::now() < late, "{now}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Its report.
fn report(shop: &Shop, candidate: &Value) -> Value {
    run(shop, &json!({"candidate": candidate}))["report"].clone()
}

/// The report without what differs from run to run.
fn timeless(mut report: Value) -> Value {
    report.as_object_mut().expect("a report").remove("took_ms").expect("how long it took");
    report
}
