//! Offers and the catalogue below them from outside: versions, templates, imports, frozen groups.

mod catalog;
mod frozen;
mod keys;
mod life;
mod scale;
mod templates;

use serde_json::{Value, json};

use crate::shop::{Answer, Shop, path, reference};

/// 15 % off coffee is 104.97, 10 % is 69.98.
fn coffee(percent: &str) -> Value {
    json!({
        "title": "Coffee", "mechanic": "product",
        "params": {"items": [{"target": "G1", "method": "percent", "value": percent}]},
    })
}

/// Discount and version of an offer on the first line of the reference receipt.
fn paid(shop: &Shop, offer: &str) -> Option<(String, i64)> {
    let call = path("p", "calculate");
    let headers = [("Content-Type", "application/json")];
    let priced = shop.call(("POST", &call), "pos", &headers, &reference().to_string()).accepted();
    let offers = priced["lines"][0]["offers"].as_array().expect("offers").clone();
    let found = offers.iter().find(|given| given["offer"] == offer)?;
    let discount = found["discount"].as_str().expect("a discount").to_owned();
    Some((discount, found["version"].as_i64().expect("a version")))
}

fn get(shop: &Shop, path: &str) -> Value {
    shop.as_integration("GET", path, "").accepted()
}

fn post(shop: &Shop, path: &str) -> Answer {
    shop.as_integration("POST", path, "")
}

/// An entry of the list of offers.
fn listed(shop: &Shop, external_id: &str) -> Option<Value> {
    let list = get(shop, "/v1/offers");
    let offers = list["offers"].as_array().expect("offers");
    offers.iter().find(|offer| offer["external_id"] == external_id).cloned()
}

/// Pointers and codes of a refusal, or of an answer's `errors` or `warnings`.
fn places(document: &Value, list: &str) -> Vec<String> {
    let entries = document[list].as_array().unwrap_or_else(|| panic!("no {list}: {document}"));
    let text = |entry: &Value, name: &str| entry[name].as_str().expect("text").to_owned();
    entries.iter().map(|entry| format!("{} {}", text(entry, "pointer"), text(entry, "code"))).collect()
}
