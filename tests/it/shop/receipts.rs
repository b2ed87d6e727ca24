//! The member of a shop, the reference receipt, and what goes with them.

use serde_json::{Value, json};

/// The member with card 1, as an import says it.
pub(crate) fn member(points: &str) -> Value {
    json!({"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}], "points": points})
}

/// The reference receipt (docs/pricing-rules.md#the-reference-receipt), by the member.
pub(crate) fn reference() -> Value {
    let line = |position: u32, goods: &str, quantity: &str, price: &str, amount: &str| json!({"position": position, "goods_id": goods, "quantity": quantity, "price": price, "amount": amount});
    json!({
        "at": "2025-11-22T10:15:00+03:00",
        "pos": "store-77/till-3",
        "member": {"kind": "card", "value": "1"},
        "lines": [
            line(1, "G1", "2", "349.90", "699.80"),
            line(2, "G2", "0.478", "947.00", "452.67"),
            line(3, "G3", "1", "399.00", "399.00"),
            line(4, "G4", "3", "89.99", "269.97"),
        ],
    })
}

/// The reference receipt, paid with so many points.
pub(crate) fn paid_with(points: &str) -> Value {
    let mut receipt = reference();
    receipt["pay_points"] = json!(points);
    receipt
}

pub(crate) fn path(purchase: &str, step: &str) -> String {
    format!("/v1/purchases/{purchase}/{step}")
}

/// A decimal with two places as a whole number of hundredths.
pub(crate) fn hundredths(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("not a decimal: {value}"));
    let (_, places) = text.split_once('.').unwrap_or_else(|| panic!("no places: {text}"));
    assert_eq!(places.len(), 2, "{text}");
    text.replace('.', "").parse().expect("digits")
}
