//! The eight mechanics of a recommender's payload, fixed sums and unit prices, uploaded over HTTP.

use serde_json::{Value, json};

use super::{Chain, Priced, nothing, off, points};

/// Coffee 300.00 twice, lipstick 500.00: 1,100.00 in all, 500.00 of it cosmetics.
const BASKET: [(&str, &str); 3] = [("COFFEE", "300.00"), ("COFFEE", "300.00"), ("LIPSTICK", "500.00")];
const NOON: (&str, &str) = ("store-1/till-1", "2026-11-22T12:00:00+03:00");

fn cases() -> Vec<(&'static str, Value, Priced)> {
    let item = |fields: Value| json!([fields]);
    vec![
        ("discount", item(json!({"method": "percent", "value": "10"})), off("110.00")),
        ("points", item(json!({"method": "percent", "value": "10"})), points("110.00")),
        ("discount", item(json!({"value": "10", "border": "1100"})), off("110.00")),
        ("discount", item(json!({"value": "10", "border": "1100.01"})), nothing("below_threshold")),
        ("points", item(json!({"value": "10", "border": "1000"})), points("110.00")),
        ("points", item(json!({"value": "10", "border": "1200"})), nothing("below_threshold")),
        (
            "discount",
            item(json!({"target_kind": "category", "target": "COSMETICS", "value": "15"})),
            off("75.00"),
        ),
        (
            "points",
            item(json!({"target_kind": "category", "target": "COSMETICS", "value": "15"})),
            points("75.00"),
        ),
        (
            "discount",
            item(json!({"target_kind": "product", "target": "COFFEE", "value": "20"})),
            off("120.00"),
        ),
        (
            "points",
            item(json!({"target_kind": "product", "target": "COFFEE", "value": "20"})),
            points("120.00"),
        ),
        ("discount", item(json!({"method": "amount", "value": "100", "border": "1000"})), off("100.00")),
        ("points", item(json!({"method": "amount", "value": "100", "border": "1000"})), points("100.00")),
        (
            "discount",
            item(
                json!({"target_kind": "product", "target": "COFFEE", "method": "unit_price", "value": "249.90"}),
            ),
            off("100.20"),
        ),
        (
            "discount",
            json!([
                {"target_kind": "category", "target": "COSMETICS", "value": "10", "display_order": 2,
                 "start": "2026-11-01", "end": "2026-11-30"},
                {"target_kind": "product", "target": "COFFEE", "value": "5", "display_order": 1,
                 "start": "2026-12-01", "end": "2026-12-31"},
            ]),
            off("50.00"),
        ),
    ]
}

#[test]
fn every_kind_of_item_pays_what_it_says() {
    let chain = Chain::open();
    chain.member("m", &json!({}));
    for (reward, items, expected) in cases() {
        let terms = json!({"kind": "ml", "reward": reward, "items": items});
        chain.personal("ml", "m", &terms);
        assert_eq!(chain.price("m", NOON, &BASKET), expected, "{terms}");
    }
}

#[test]
fn ids_of_the_retailer_and_of_the_catalogue() {
    let chain = Chain::open();
    chain.member("m", &json!({}));
    for (id_space, target) in [("external", "COFFEE"), ("internal", "18")] {
        let item = json!({"target_kind": "product", "target": target, "value": "10"});
        let terms = json!({"kind": "ml", "reward": "discount", "id_space": id_space, "items": [item]});
        chain.personal("ml", "m", &terms);
        assert_eq!(chain.price("m", NOON, &BASKET), off("60.00"), "{id_space}");
    }
}
