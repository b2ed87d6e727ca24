//! Receipts of tills that were cut off, and prices without a receipt.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Database, Shop, hundredths, paid_with, path, reference};

on_both_databases!(
    late_receipts_accrue_and_nothing_else,
    late_receipts_get_the_offers_of_their_time,
    a_damaged_purchase_costs_its_own_row,
    prices_are_shown_without_a_trace
);

fn late(id: &str, receipt: &Value) -> Value {
    let mut receipt = receipt.clone();
    receipt["purchase_id"] = json!(id);
    receipt
}

/// The reference receipt without the last line.
fn another() -> Value {
    let mut receipt = reference();
    receipt["lines"].as_array_mut().expect("lines").pop();
    receipt
}

fn late_receipts_accrue_and_nothing_else(database: Database) {
    let shop = Shop::open(database);
    let row = late("p", &paid_with("300.00"));
    let answers = shop.late(std::slice::from_ref(&row));
    let [answer] = answers.as_slice() else { panic!("one answer a row: {answers:?}") };
    assert_eq!(
        (&answer["row"], &answer["purchase_id"], &answer["status"]),
        (&json!(0), &json!("p"), &json!("accepted"))
    );
    let totals = &answer["result"]["totals"];
    assert_eq!((&totals["discount"], &totals["points_paid"]), (&json!("0.00"), &json!("0.00")));
    // 5 % of 699.80, 452.67 and 269.97; vodka earns nothing.
    assert_eq!(totals["points_earned"], "71.12");
    assert_eq!(answer["result"]["state"], "confirmed");
    let points = shop.points();
    assert_eq!((&points["available"], &points["spent"]), (&json!("1071.12"), &json!("0.00")));

    // Sent again, alone and among others: answered once more, and no second effect.
    let again = shop.late(&[
        row.clone(),
        late("q", &reference()),
        late("p", &another()),
        json!({"purchase_id": "bad", "lines": []}),
        json!({"lines": []}),
        late("q", &reference()),
        late("r", &reference()),
    ]);
    let statuses: Vec<_> = again.iter().map(|answer| &answer["status"]).collect();
    assert_eq!(
        statuses,
        ["duplicate", "accepted", "refused", "refused", "refused", "duplicate", "accepted"],
        "{again:?}"
    );
    let codes: Vec<_> = [2, 3, 4].iter().map(|&row: &usize| &again[row]["code"]).collect();
    assert_eq!(codes, ["purchase_confirmed", "receipt_refused", "missing_field"]);
    assert_eq!(again[0]["result"], answer["result"]);
    assert_eq!(again[5]["result"], again[1]["result"]);
    let rows: Vec<_> = again.iter().map(|answer| answer["row"].as_i64().expect("a number")).collect();
    assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(hundredths(&shop.points()["available"]), 100_000 + 3 * 7_112);
    assert_eq!(shop.get("/v1/purchases/bad").status, 404);

    // A late receipt is a purchase like any other afterwards.
    let cancel = shop.post(&path("p", "cancel"), "x", "");
    assert_eq!(cancel.refused(), (409, "purchase_confirmed".to_owned()));
    let unit = r#"{"lines":[{"position":1,"quantity":"2"}]}"#;
    let returned = shop.post(&path("p", "returns"), "r", unit).accepted();
    assert_eq!(returned["totals"]["points_taken"], "34.99");
    shop.verify();
}

/// Times are whole seconds: what happens at one of them must be over before the next thing starts.
fn a_moment() -> String {
    thread::sleep(Duration::from_millis(1_100));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    thread::sleep(Duration::from_millis(1_100));
    now
}

fn late_receipts_get_the_offers_of_their_time(database: Database) {
    let shop = Shop::open(database);
    let offer = |percent: &str| {
        json!({
            "title": "Points", "mechanic": "receipt", "stacking": {"mode": "exclusive", "priority": 99},
            "params": {"reward": "points", "items": [{"method": "percent", "value": percent}]},
        })
    };
    shop.run_offer("changing", &offer("10"));
    let first = a_moment();
    shop.run_offer("changing", &offer("20"));
    // A draft beside it is of no time.
    shop.put("/v1/offers/changing", &offer("30").to_string()).accepted();
    let second = a_moment();
    shop.as_integration("POST", "/v1/offers/changing/stop", "").accepted();
    let third = a_moment();
    let row = |id: &str, at: &str| {
        let mut receipt = late(id, &reference());
        receipt["at"] = json!(at);
        receipt
    };
    let answers = shop.late(&[row("a", &first), row("b", &second), row("c", &third)]);
    let versions: Vec<_> = answers
        .iter()
        .map(|answer| {
            let offers = answer["result"]["lines"][0]["offers"].as_array().expect("offers");
            offers.iter().find(|given| given["offer"] == "changing").map(|given| given["version"].clone())
        })
        .collect();
    assert_eq!(versions, [Some(json!(1)), Some(json!(2)), None], "{answers:?}");
    shop.verify();
}

fn a_damaged_purchase_costs_its_own_row(database: Database) {
    let shop = Shop::open(database);
    shop.post(&path("damaged", "calculate"), "c", &reference().to_string()).accepted();
    shop.post(&path("damaged", "confirm"), "k", "").accepted();
    shop.sql("UPDATE purchases SET sold = '{}' WHERE id LIKE '%damaged'");
    let rows = [late("damaged", &another()), late("a", &reference()), late("b", &reference())];
    let answers = shop.late(&rows);
    let statuses: Vec<_> = answers.iter().map(|answer| &answer["status"]).collect();
    assert_eq!(statuses, ["retry", "accepted", "accepted"], "{answers:?}");
    assert_eq!(answers[0]["code"], "stored_data_damaged", "{answers:?}");
}

fn prices_are_shown_without_a_trace(database: Database) {
    let shop = Shop::open(database);
    let before = shop.points();
    let question = json!({
        "pos": "store-77/till-3",
        "member": {"kind": "card", "value": "1"},
        "products": [
            {"goods_id": "G1", "price": "349.90"},
            {"goods_id": "G1", "price": "349.90", "quantity": "2", "amount": "699.80"},
            {"goods_id": "G3", "price": "399.00"},
            {"goods_id": "unknown", "price": "10.00"},
        ],
    });
    let answer = shop.post("/v1/prices", "unused", &question.to_string()).accepted();
    let products = answer["products"].as_array().expect("products");
    let found: Vec<_> = products
        .iter()
        .map(|product| {
            ["goods_id", "amount", "discount", "payable", "points_earned"]
                .map(|name| product[name].as_str().expect("text"))
        })
        .collect();
    assert_eq!(
        found,
        [
            ["G1", "349.90", "52.49", "297.41", "14.87"],
            ["G1", "699.80", "104.97", "594.83", "29.74"],
            ["G3", "399.00", "0.00", "399.00", "0.00"],
            ["unknown", "10.00", "0.00", "10.00", "0.50"],
        ]
    );
    assert_eq!(products[0]["offers"][0]["offer"], "coffee-15");
    assert_eq!(shop.points(), before);
    for (body, pointer) in [
        (json!({}), "/products"),
        (json!({"products": [{"goods_id": "G1"}]}), "/products/0/price"),
        (json!({"products": [{"goods_id": "G1", "price": "1"}, {"price": "1"}]}), "/products/1/goods_id"),
    ] {
        let refused = shop.post("/v1/prices", "unused", &body.to_string());
        assert_eq!(refused.refused(), (422, "receipt_refused".to_owned()), "{body}");
        let pointers: Vec<_> = refused.json()["errors"]
            .as_array()
            .map(|errors| errors.iter().map(|error| error["pointer"].clone()).collect())
            .unwrap_or_default();
        assert!(pointers.contains(&json!(pointer)), "{pointer} is not among {pointers:?}");
    }
}
