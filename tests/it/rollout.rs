//! Versions of mechanics, from the upload to the last receipt.

mod for_all;
mod guard;
mod ladder;
mod memory;
mod model;
mod nodes;
mod swap;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tests::guests::product_version;

use crate::shop::{Shop, path, reference};

impl Shop {
    /// Uploads a version of `product`; see `tests/guests/variant` for how versions behave.
    fn upload_product(&self, version: &str) -> Value {
        self.upload("product", product_version(version).expect("a component")).accepted()
    }

    /// Changes the roll-out of `product`.
    fn roll_out(&self, wanted: &Value) -> Value {
        self.as_admin("PUT", "/v1/mechanics/product/rollout", &wanted.to_string()).accepted()
    }

    fn roll_back(&self) -> Value {
        self.as_admin("POST", "/v1/mechanics/product/rollback", "").accepted()
    }

    fn product(&self) -> Value {
        self.as_admin("GET", "/v1/mechanics/product", "").accepted()
    }

    /// Calculates the reference receipt, anew every time.
    fn calculated(&self, purchase: &str) -> Value {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let key = format!("{purchase}-{}", CALLS.fetch_add(1, Ordering::Relaxed));
        self.post(&path(purchase, "calculate"), &key, &reference().to_string()).accepted()
    }
}

/// The version of `product` that a receipt was priced with.
fn version_of(answer: &Value) -> String {
    let mechanics = answer["mechanics"].as_array().expect("mechanics");
    let product = mechanics.iter().find(|mechanic| mechanic["name"] == "product").expect("product was asked");
    product["version"].as_str().expect("a version").to_owned()
}

/// A receipt of one line, with or without a card.
fn one_line(goods: &str, amount: &str, card: Option<&str>) -> Value {
    json!({
        "at": "2025-11-22T10:15:00+03:00",
        "pos": "store-77/till-3",
        "member": card.map(|card| json!({"kind": "card", "value": card})),
        "lines": [{"position": 1, "goods_id": goods, "quantity": "1", "price": amount, "amount": amount}],
    })
}
