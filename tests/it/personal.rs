//! Personal offers over HTTP: uploaded, listed, answered, paid.

mod lists;

use serde_json::{Value, json};

use crate::shop::{Database, Shop, path, reference};

/// A shop whose one offer takes its terms from attribute `mine` of the member.
fn shop(mechanic: &str) -> Shop {
    let shop = Shop::empty(Database::Sqlite, &[]);
    shop.stock();
    shop.put("/v1/attributes/mine", r#"{"type":"json"}"#).accepted();
    shop.run_offer("mine", &json!({"mechanic": mechanic, "attribute": "mine"}));
    shop
}

fn upload(shop: &Shop, terms: &Value) -> Value {
    let row = json!({"identifier_kind": "card", "identifier": "1", "attribute": "mine", "value": terms});
    shop.import("/v1/attributes/imports", &row.to_string()).accepted()
}

/// Discount, points and the reasons of a calculation of the reference receipt.
fn price(shop: &Shop, purchase: &str) -> (String, String, Vec<String>) {
    // Without a key, so that every call is worked out.
    let call = ("POST", path(purchase, "calculate"));
    let headers = [("Content-Type", "application/json")];
    let answer = shop.call((call.0, &call.1), "pos", &headers, &reference().to_string()).accepted();
    let reasons = answer["not_applied"].as_array().expect("reasons").iter();
    let reasons = reasons.map(|reason| reason["reason"].as_str().expect("text").to_owned()).collect();
    let total = |name: &str| answer["totals"][name].as_str().expect("a sum").to_owned();
    (total("discount"), total("points_earned"), reasons)
}

fn items(shop: &Shop) -> Vec<Value> {
    let list = shop.as_integration("GET", "/v1/members/m-1/offers", "").accepted();
    list["items"].as_array().expect("items").clone()
}

fn answer(shop: &Shop, item: &Value, answer: &str) -> Value {
    let id = item["item_id"].as_str().expect("an id");
    shop.as_integration("POST", &format!("/v1/members/m-1/offers/{id}/{answer}"), "").accepted()
}

fn coffee(value: &str) -> Value {
    json!({
        "kind": "product", "reward": "discount", "require_accept": true,
        "items": [{"target": "G1", "method": "percent", "value": value},
                  {"target": "G2", "method": "percent", "value": "5", "start": "2025-11-01", "end": "2099-11-30"}],
    })
}

#[test]
fn an_offer_must_be_accepted_before_it_pays() {
    let shop = shop("product");
    upload(&shop, &coffee("15"));
    assert_eq!(price(&shop, "p-1"), ("0.00".to_owned(), "0.00".to_owned(), vec!["not_accepted".to_owned()]));
    let listed = items(&shop);
    let shown = |item: &Value, name: &str| item[name].clone();
    let first = &listed[0];
    for (name, value) in [
        ("offer", json!("mine")),
        ("title", json!("mine")),
        ("target", json!("G1")),
        ("reward", json!("discount")),
        ("method", json!("percent")),
        ("value", json!("15")),
        ("start", Value::Null),
        ("accepted", json!(false)),
        ("require_accept", json!(true)),
    ] {
        assert_eq!(shown(first, name), value, "{name}: {first}");
    }
    // An end given as a date means through that day; the points of sale share the clock of Moscow.
    assert_eq!(
        (shown(&listed[1], "start"), shown(&listed[1], "end")),
        (json!("2025-11-01T00:00:00+03:00"), json!("2099-12-01T00:00:00+03:00"))
    );

    assert_eq!(answer(&shop, first, "accept")["accepted"], true);
    // Also in the middle of a sale.
    assert_eq!(price(&shop, "p-1").0, "104.97");
    assert_eq!(answer(&shop, first, "accept")["accepted"], true, "the same again");
    assert_eq!(items(&shop)[0]["accepted"], true);
    let declined = answer(&shop, first, "decline");
    assert_eq!((&declined["accepted"], &declined["declined"]), (&json!(false), &json!(true)));
    assert_eq!(price(&shop, "p-2").0, "0.00");
    let feed = shop.as_integration("GET", "/v1/results/export", "").text;
    let feed: Vec<Value> = feed.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    let told: Vec<_> = feed.iter().map(|row| (row["event"].clone(), row["item_id"].clone())).collect();
    let id = &first["item_id"];
    assert_eq!(told, [(json!("accepted"), id.clone()), (json!("declined"), id.clone())], "each once");
    assert!(feed.iter().all(|row| row["item"] == coffee("15")["items"][0]), "as uploaded: {feed:?}");
    let nobody = shop.as_integration("POST", "/v1/members/m-1/offers/nosuch/accept", "");
    assert_eq!(nobody.refused(), (404, "not_found".to_owned()));
    assert_eq!(shop.as_integration("GET", "/v1/members/nobody/offers", "").status, 404);
}

#[test]
fn a_nightly_upload_keeps_the_answers_to_unchanged_items() {
    let shop = shop("product");
    upload(&shop, &coffee("15"));
    answer(&shop, &items(&shop)[0], "accept");
    answer(&shop, &items(&shop)[1], "accept");
    // The same terms in another order, with other names first and a number as a number.
    let nightly = json!({
        "items": [{"value": 5, "target": "G2", "method": "percent", "end": "2099-11-30", "start": "2025-11-01"},
                  {"accepted": false, "value": "16", "target": "G1", "method": "percent"}],
        "require_accept": true, "reward": "discount", "kind": "product", "start": "2025-01-01",
    });
    upload(&shop, &nightly);
    let accepted: Vec<Value> = items(&shop).iter().map(|item| item["accepted"].clone()).collect();
    assert_eq!(accepted, [json!(true), json!(false)], "coffee has new terms");
    assert_eq!(price(&shop, "p-1").0, "22.63");
    upload(&shop, &coffee("15"));
    assert_eq!(price(&shop, "p-2").0, "127.60", "the old terms are back, and so is the answer");
}

#[test]
fn an_open_purchase_keeps_the_terms_that_it_was_calculated_with() {
    let shop = shop("product");
    let terms = |value: &str| json!({"kind": "product", "reward": "discount", "items": [{"target": "G1", "value": value}]});
    upload(&shop, &terms("15"));
    assert_eq!(price(&shop, "p-1").0, "104.97");
    upload(&shop, &terms("20"));
    assert_eq!(price(&shop, "p-1").0, "104.97", "the customer was told so");
    assert_eq!(price(&shop, "p-2").0, "139.96");
    let confirmed = shop.post(&path("p-1", "confirm"), "c-1", "").accepted();
    assert_eq!(confirmed["totals"]["discount"], "104.97");
    // Terms that are gone stay for the open purchase too, and it says so when it is looked at.
    let row = json!({"identifier_kind": "card", "identifier": "1", "attribute": "mine", "value": null});
    shop.import("/v1/attributes/imports", &row.to_string()).accepted();
    assert_eq!(price(&shop, "p-2").0, "139.96");
    assert_eq!(price(&shop, "p-3").2, ["no_personal_terms"]);
}

#[test]
fn malformed_terms_leave_the_old_ones_in_force() {
    let shop = shop("product");
    upload(
        &shop,
        &json!({"kind": "product", "reward": "discount", "items": [{"target": "G1", "value": "15"}]}),
    );
    for (bad, pointer, code) in [
        (json!("{"), "/0/value", "not_json"),
        (json!(["G1"]), "/0/value", "wrong_type"),
        (json!({"kind": "product", "reward": "discount"}), "/0/value/items", "missing_field"),
        (
            json!({"kind": "product", "reward": "discount", "items": [{"target": "G1", "value": "15%"}]}),
            "/0/value/items/0/value",
            "not_a_decimal",
        ),
        (
            json!({"kind": "product", "reward": "gift", "items": [{"target": "G1", "value": "15"}]}),
            "/0/value/reward",
            "unknown_value",
        ),
        (
            json!({"kind": "product", "reward": "discount", "id_space": "internal", "items": [{"target": "G1", "value": "15"}]}),
            "/0/value/items/0/target",
            "not_an_internal_id",
        ),
        (
            json!({"kind": "product", "reward": "discount", "items": [{"target": "G1", "value": "15", "start": "2026-09-30", "end": "2026-09-01"}]}),
            "/0/value/items/0/end",
            "end_before_start",
        ),
    ] {
        let import = upload(&shop, &bad);
        assert_eq!(import["refused"], 1, "{import}");
        assert_eq!(import["errors"][0]["pointer"], pointer, "{import}");
        assert_eq!(import["errors"][0]["code"], code, "{import}");
    }
    assert_eq!(price(&shop, "p-1").0, "104.97");
}

#[test]
fn whoever_is_in_the_control_group_is_not_shown_the_offer() {
    let shop = shop("product");
    let controlled = |percent: &str| json!({"title": "mine", "mechanic": "product", "attribute": "mine", "control_group": {"percent": percent, "salt": "s"}});
    upload(&shop, &coffee("15"));
    assert_eq!(items(&shop).len(), 2);
    // Half of all members are in it: some member must be, and some must not.
    shop.run_offer("mine", &controlled("50"));
    let rows: Vec<String> = (0..20)
        .map(|number| json!({"id": format!("c-{number}"), "attributes": {"mine": coffee("15")}}).to_string())
        .collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let shown = (0..20).filter(|number| {
        let list = shop.as_integration("GET", &format!("/v1/members/c-{number}/offers"), "").accepted();
        list["items"].as_array().expect("items").len() == 2
    });
    let shown = shown.count();
    assert!((1..20).contains(&shown), "{shown}");
}
