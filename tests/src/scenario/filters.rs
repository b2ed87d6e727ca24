//! Random conditions of offers, and receipts that meet some of them.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Fields of an offer: `filters`, and sometimes `limits`.
pub(super) fn conditions() -> impl Strategy<Value = Value> {
    let seldom = |values: Vec<Value>| option::weighted(0.25, select(values));
    let time = (
        seldom(vec![json!({"start": "2026-11-22"}), json!({"start": "2026-11-01", "end": "2026-11-21"})]),
        seldom(vec![json!(["sun"]), json!(["sat", "mon"])]),
        seldom(vec![json!({"from": "08:00", "to": "12:00"}), json!({"from": "22:00", "to": "06:00"})]),
    );
    let buyer = (
        seldom(vec![json!(["store-1"]), json!(["store-1/till-1"])]),
        seldom(vec![json!("regulars"), json!("others"), json!({"exclude": "regulars"})]),
        seldom(vec![json!("normal"), json!("anonymous")]),
        seldom(vec![json!("SPRING"), json!(["AUTUMN", "Winter"])]),
    );
    let receipt = (
        seldom(vec![
            json!({"groups": ["left"], "units": "2"}),
            json!({"categories": ["FOOD"], "sum": "100"}),
        ]),
        seldom(vec![json!({"from": "300"}), json!({"above": "200", "base": "net"}), json!({"units": "3"})]),
    );
    let limits = seldom(vec![
        json!([{"per": "member", "period": "day", "uses": 1}]),
        json!([{"per": "pos", "uses": 2, "money": "20.00", "points": "15"}]),
        json!([{"per": "card", "period": "week", "uses": 1}, {"per": "receipt", "money": "1.00"}]),
    ]);
    (time, buyer, receipt, limits).prop_map(|(time, buyer, receipt, limits)| {
        let named = [
            ("period", time.0),
            ("weekdays", time.1),
            ("hours", time.2),
            ("pos", buyer.0),
            ("audience", buyer.1),
            ("member_state", buyer.2),
            ("coupon", buyer.3),
            ("contains", receipt.0),
            ("receipt", receipt.1),
        ];
        let mut filters = json!({});
        for (name, value) in named {
            super::set(&mut filters, name, value);
        }
        let mut conditions = json!({"filters": filters});
        super::set(&mut conditions, "limits", limits);
        conditions
    })
}

/// Fields of a receipt: its time, its till and its coupons.
pub(super) fn circumstances() -> impl Strategy<Value = Value> {
    let times = vec![
        "2026-11-22T10:15:00+03:00",
        "2026-11-21T10:15:00+03:00",
        "2026-11-22T02:00:00+03:00",
        "2026-11-23T23:30:00+03:00",
    ];
    let coupons = vec![json!([]), json!(["spring"]), json!(["WINTER", "other"]), json!(["other"])];
    (select(times), select(vec!["store-1/till-1", "store-1/till-2", "store-3"]), select(coupons))
        .prop_map(|(at, pos, coupons)| json!({"at": at, "pos": pos, "coupons": coupons}))
}

/// Puts fields into a document, in place of those of the same names.
pub(super) fn add(document: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().expect("an object") {
        document[name] = value.clone();
    }
}
