//! Every version of the contract that there ever was has a guest in `tests/guests`, built from its own
//! folder of `wit/`. They are kept for ever, and run through every export at every change.

use std::fs;

use serde_json::{Value, json};
use tests::guests::guest;
use tests::workspace;

use crate::shop::{Database, Shop, path, reference};

fn versions() -> Vec<String> {
    let folders = fs::read_dir(workspace::root().join("wit")).expect("the folder wit/");
    let names = folders.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_prefix('v').map(str::to_owned)).collect()
}

#[test]
fn a_guest_of_every_version_prices_receipts() {
    let versions = versions();
    assert!(versions.len() >= 2, "{versions:?}");
    for version in versions {
        let component = guest(&format!("contract-v{}", version.replace('.', "-"))).expect("a guest");
        let shop = Shop::empty(Database::Sqlite, &[]);
        shop.stock();
        let uploaded = shop.upload("contract", component.to_vec()).accepted();
        assert_eq!(uploaded["abi"], version.as_str(), "the host knows the contract from the export");
        let rollout = json!({"version": version}).to_string();
        shop.as_admin("PUT", "/v1/mechanics/contract/rollout", &rollout).accepted();
        checks_parameters(&shop, &version);
        prices(&shop);
        is_told_everything(&shop, &version);
        if version == "1.1.0" {
            declines_in_its_own_words(&shop);
            tells_its_author_alone(&shop);
        }
    }
}

fn offer(behave: u32, items: &Value) -> Value {
    let params = json!({"behave": behave, "items": items});
    json!({"title": "of the contract", "mechanic": "contract", "params": params})
}

fn checks_parameters(shop: &Shop, version: &str) {
    let items = json!([{"target_kind": "receipt", "value": "1", "reward": "points"}]);
    let refused = shop.put("/v1/offers/odd", &offer(9, &items).to_string());
    assert_eq!(refused.refused(), (422, "offer_refused".to_owned()));
    let problem = refused.json()["errors"][0].clone();
    assert_eq!((&problem["pointer"], &problem["code"]), (&json!("/params/behave"), &json!("odd")));
    let detail = problem["detail"].as_str().expect("a detail");
    let says = if version == "0.1.0" { "1 items in" } else { "[Phase::Accrual] in" };
    assert!(detail.contains(says), "{detail}");
}

fn prices(shop: &Shop) {
    let items = json!([{"target_kind": "product", "target": "G1", "value": "10", "max_units": "1", "pick": "cheapest"}]);
    shop.run_offer("ten", &offer(0, &items));
    let points = json!([{"target_kind": "receipt", "value": "5", "reward": "points"}]);
    shop.run_offer("points", &offer(0, &points));
    shop.run_offer("declines", &offer(1, &points));
    let answer = shop.post(&path("p-1", "calculate"), "p-1", &reference().to_string()).accepted();
    assert_eq!(answer["lines"][0]["discount"], "34.99", "10 % of one of two packs: {answer}");
    assert_eq!(answer["lines"][0]["offers"][0]["reason"], "10 % off Coffee, ground, 250 g", "{answer}");
    assert_ne!(answer["totals"]["points_earned"], "0.00", "{answer}");
    let declined = answer["not_applied"].as_array().unwrap().iter().find(|one| one["offer"] == "declines");
    assert_eq!(declined.expect("an entry")["reason"], "below_threshold");
}

fn is_told_everything(shop: &Shop, version: &str) {
    let items = json!([{"target_kind": "receipt", "value": "1"}]);
    shop.run_offer("tells", &offer(2, &items));
    let by_weight = json!({"type": "product", "id": 2, "goods_code": "G2", "name": "Cheese", "unit": "kg"});
    shop.import("/v1/catalog/imports", &by_weight.to_string()).accepted();
    let mut receipt = reference();
    receipt["attributes"] = json!({"weather": "rain", "unasked": "x"});
    receipt["lines"][1]["attributes"] = json!({"counter": "deli", "unasked": "x"});
    receipt["lines"][3]["attributes"] = json!({"counter": 7});
    let answer = shop.post(&path("p-2", "calculate"), "p-2", &receipt.to_string()).accepted();
    let told = answer["not_applied"].as_array().unwrap().iter().find(|one| one["offer"] == "tells");
    let told = told.expect("an entry")["detail"].as_str().expect("a detail").to_owned();
    assert!(told.contains("on day 6, 4 lines") && told.contains("1=rain"), "{told}");
    let of_lines = told.contains("kinds [1, 2, 1, 1]") && told.contains("3@1=deli 3@3=7");
    assert_eq!(of_lines, version == "1.1.0", "{told}");
    assert!(!told.contains("=x"), "nothing that it has not asked for: {told}");
}

/// The entry of an offer that gave nothing.
fn not_applied(answer: &Value, offer: &str) -> Value {
    let entries = answer["not_applied"].as_array().expect("a list");
    entries.iter().find(|one| one["offer"] == offer).expect("an entry").clone()
}

fn declines_in_its_own_words(shop: &Shop) {
    let items = json!([{"target_kind": "product", "target": "G1", "value": "10"}]);
    shop.run_offer("cups", &offer(3, &items));
    let answer = shop.post(&path("p-3", "calculate"), "p-3", &reference().to_string()).accepted();
    let detail = "10 % off Coffee, ground, 250 g: 2 of 1.5 for 4.20 and 10.00, 12.5 %, {other}";
    let expected =
        json!({"offer": "cups", "reason": "not_applicable", "detail": detail, "code": "too_few_cups"});
    assert_eq!(not_applied(&answer, "cups"), expected);
    assert_eq!(not_applied(&answer, "declines").get("code"), None, "without words of its own");
}

/// The message of a failure goes to the mechanic's partner and to admins, on one line, and to no till.
fn tells_its_author_alone(shop: &Shop) {
    let items = json!([{"target_kind": "product", "target": "G2", "value": "10"}]);
    shop.run_offer("breaks", &offer(4, &items));
    let mut receipt = reference();
    receipt["explain"] = json!(true);
    let answer = shop.post(&path("p-4", "calculate"), "p-4", &receipt.to_string()).accepted();
    assert_eq!(not_applied(&answer, "breaks")["detail"], "broken: it broke");
    assert_eq!(answer["lines"][0]["discount"], "34.99", "other offers of the call go on: {answer}");
    assert!(!answer.to_string().contains("TypeError"), "{answer}");
    let status = shop.as_admin("GET", "/v1/mechanics/contract", "").accepted();
    let told = &status["rollout"]["active"]["health"]["fault_details"][0];
    let text = "broken: TypeError: cups is null at rule.js:7";
    assert_eq!(told, &json!({"outcome": "failed", "text": text, "receipts": 1}), "{status}");
}
