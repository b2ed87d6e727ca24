//! Returns over HTTP.

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, paid_with, path, reference};

on_both_databases!(
    the_worked_example_and_its_two_returns,
    no_more_comes_back_than_was_sold,
    a_return_may_be_forbidden_where_points_are_spent,
    a_use_of_a_limited_offer_comes_back_with_the_goods,
);

fn return_of(shop: &Shop, key: &str, lines: &Value) -> Answer {
    shop.post(&path("p", "returns"), key, &json!({"lines": lines}).to_string())
}

fn step(shop: &Shop, id: &str, step: &str, key: &str) -> Answer {
    shop.post(&path("p", &format!("returns/{id}/{step}")), key, "")
}

fn id(answer: &Answer) -> String {
    answer.accepted()["return_id"].as_str().expect("an id").to_owned()
}

/// Sells the reference receipt as purchase `p`.
fn sell(shop: &Shop, receipt: &Value) -> Value {
    shop.post(&path("p", "calculate"), "c", &receipt.to_string()).accepted();
    shop.post(&path("p", "confirm"), "k", "").accepted()
}

/// docs/pricing-rules.md#burn-accrual-and-return.
fn the_worked_example_and_its_two_returns(database: Database) {
    let shop = Shop::open(database);
    let sold = sell(&shop, &paid_with("300.00"));
    let of_lines = |name: &str| -> Vec<Value> {
        sold["lines"].as_array().expect("lines").iter().map(|line| line[name].clone()).collect()
    };
    assert_eq!(of_lines("points_paid"), ["153.34", "116.69", "0.00", "29.97"]);
    assert_eq!(of_lines("payable"), ["441.49", "335.98", "399.00", "240.00"]);
    assert_eq!(of_lines("points_earned"), ["22.07", "16.80", "0.00", "12.00"]);
    assert_eq!(sold["totals"]["points_earned"], "50.87");
    assert_eq!(shop.points()["available"], "750.87");

    let coffee = json!([{"position": 1, "quantity": "1"}]);
    let mut available = shop.points();
    for (number, payable, paid, earned, after) in
        [(1, "220.75", "76.67", "11.04", "816.50"), (2, "220.74", "76.67", "11.03", "882.14")]
    {
        let key = format!("r-{number}");
        let returned = return_of(&shop, &key, &coffee);
        let document = returned.accepted();
        let line = &document["lines"][0];
        let found = (&line["payable"], &line["points_paid"], &line["points_earned"]);
        assert_eq!(found, (&json!(payable), &json!(paid), &json!(earned)), "{document}");
        let totals = &document["totals"];
        assert_eq!((&totals["points_spent"], &totals["points_taken"]), (&json!(paid), &json!(earned)));
        assert_eq!(return_of(&shop, &key, &coffee), returned, "the same call, the same bytes");
        assert_eq!(shop.points(), available, "nothing moves before it is confirmed");

        let id = id(&returned);
        let confirmed = step(&shop, &id, "confirm", &format!("rk-{number}"));
        assert_eq!(confirmed.accepted()["state"], "confirmed");
        for key in [format!("rk-{number}"), format!("another key {number}")] {
            assert_eq!(step(&shop, &id, "confirm", &key), confirmed);
        }
        available = shop.points();
        assert_eq!(available["available"], after);
        let cancel = step(&shop, &id, "cancel", &format!("rx-{number}"));
        assert_eq!(cancel.refused(), (409, "return_confirmed".to_owned()));
    }
    assert_eq!((&available["spent"], &available["accrued"]), (&json!("146.66"), &json!("1028.80")));
    // The rest, and everything is as it was.
    let rest = json!([
        {"position": 2, "quantity": "0.478"}, {"position": 3, "quantity": "1"}, {"position": 4, "quantity": "3"},
    ]);
    let returned = id(&return_of(&shop, "rest", &rest));
    step(&shop, &returned, "confirm", "rest k").accepted();
    let points = shop.points();
    assert_eq!((&points["available"], &points["spent"]), (&json!("1000.00"), &json!("0.00")));
    assert_eq!(shop.get("/v1/purchases/p").accepted()["returns"].as_array().map(Vec::len), Some(3));
    shop.verify();
}

fn no_more_comes_back_than_was_sold(database: Database) {
    let shop = Shop::open(database);
    sell(&shop, &reference());
    let before = shop.points();
    for (lines, pointer, code) in [
        (json!([{"position": 1, "quantity": "2.001"}]), "/lines/0/quantity", "too_much_returned"),
        (json!([{"position": 1, "quantity": "0"}]), "/lines/0/quantity", "nothing_returned"),
        (json!([{"position": 9, "quantity": "1"}]), "/lines/0/position", "unknown_position"),
        (
            json!([{"position": 1, "quantity": "1"}, {"position": 1, "quantity": "1"}]),
            "/lines/1",
            "duplicate_position",
        ),
        (json!([{"position": 1}]), "/lines/0/quantity", "missing_field"),
        (json!([]), "/lines", "nothing_returned"),
    ] {
        let answer = return_of(&shop, "refused", &lines);
        assert_eq!(answer.refused(), (422, "return_refused".to_owned()), "{lines}");
        let error = &answer.json()["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{lines}");
    }
    // What is under way counts, until it is dropped.
    let both = json!([{"position": 1, "quantity": "2"}]);
    let one = json!([{"position": 1, "quantity": "1"}]);
    let first = id(&return_of(&shop, "r-1", &both));
    let refused = return_of(&shop, "r-2", &one);
    let told = "too much is returned: 2 sold, 2 in returns before, 1 asked for; see `p-r1`";
    assert_eq!((refused.status, &refused.json()["errors"][0]["detail"]), (422, &json!(told)));
    let cancelled = step(&shop, &first, "cancel", "x-1");
    assert_eq!(cancelled.accepted()["state"], "cancelled");
    assert_eq!(step(&shop, &first, "cancel", "x-1"), cancelled);
    let confirm = step(&shop, &first, "confirm", "k-1");
    assert_eq!(confirm.refused(), (409, "return_cancelled".to_owned()));
    assert_eq!(shop.points(), before);
    let priced = json!([{"position": 1, "quantity": "2", "price": "349.90"}]);
    let second = return_of(&shop, "r-2", &priced);
    let told = json!([{"code": "unknown_field", "detail": "`lines[].price` is not used"}]);
    assert_eq!(second.accepted()["warnings"], told);
    let second = id(&second);
    step(&shop, &second, "confirm", "k-2").accepted();
    assert_eq!(return_of(&shop, "r-3", &one).status, 422);
    assert_eq!(step(&shop, "p-r9", "confirm", "k-9").refused(), (404, "not_found".to_owned()));
    shop.verify();
}

fn a_return_may_be_forbidden_where_points_are_spent(database: Database) {
    let shop = Shop::open_with(database, &[("RETURNS__TAKE_BACK", "block")]);
    sell(&shop, &reference());
    // The member spends all, what was just earned included.
    let mut next = paid_with("max");
    next["lines"][0] =
        json!({"position": 1, "goods_id": "X", "quantity": "1", "price": "9000.00", "amount": "9000.00"});
    shop.post(&path("q", "calculate"), "c-2", &next.to_string()).accepted();
    let held = id(&return_of(&shop, "r-1", &json!([{"position": 1, "quantity": "1"}])));
    let refused = step(&shop, &held, "confirm", "rk-1");
    assert_eq!(refused.refused(), (409, "points_already_spent".to_owned()), "they are promised to `q`");
    shop.post(&path("q", "cancel"), "k-2", "").accepted();
    // The call had no effect, so its key is free.
    step(&shop, &held, "confirm", "rk-1").accepted();
    shop.verify();
}

fn a_use_of_a_limited_offer_comes_back_with_the_goods(database: Database) {
    let shop = Shop::open(database);
    let params = json!({"items": [{"target": "G4", "method": "amount_per_unit", "value": "1.00"}]});
    let limits = json!([{"per": "total", "uses": "1"}]);
    shop.run_offer("once", &json!({"mechanic": "product", "params": params, "limits": limits}));
    let discount = |id: &str, key: &str| {
        let calculated = shop.post(&path(id, "calculate"), key, &reference().to_string()).accepted();
        calculated["lines"][3]["discount"].as_str().expect("a decimal").to_owned()
    };
    sell(&shop, &reference());
    assert_eq!(discount("q", "q-1"), "0.00", "it is taken");
    for (number, quantity, left) in [(1, "1", "0.00"), (2, "2", "3.00")] {
        let milk = json!([{"position": 4, "quantity": quantity}]);
        let returned = id(&return_of(&shop, &format!("r-{number}"), &milk));
        step(&shop, &returned, "confirm", &format!("rk-{number}")).accepted();
        assert_eq!(discount("q", &format!("q-r-{number}")), left);
    }
    shop.verify();
}
