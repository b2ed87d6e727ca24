//! The loyalty program's own examples over HTTP, from an empty host to a paid receipt.

mod clocks;
mod commands;
mod examples;
mod recommended;
mod terminal;

use serde_json::{Value, json};

use crate::shop::{Database, Shop, path};

/// A host with two stores in Moscow and one in Vladivostok, some goods, and no offers.
pub(super) struct Chain {
    shop: Shop,
}

/// Discount, points and reason of a receipt.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Priced {
    pub(super) discount: String,
    pub(super) points: String,
    pub(super) reasons: Vec<String>,
}

const CATALOG: [&str; 18] = [
    r#"{"type":"pos","id":"store-1/till-1","time_zone":"Europe/Moscow"}"#,
    r#"{"type":"pos","id":"store-2/till-1","time_zone":"Europe/Moscow"}"#,
    r#"{"type":"pos","id":"far-east/till-1","time_zone":"Asia/Vladivostok"}"#,
    r#"{"type":"pos","id":"berlin/till-1","time_zone":"Europe/Berlin"}"#,
    r#"{"type":"category","id":1,"code":"BAKERY","name":"Bakery","parent":null}"#,
    r#"{"type":"category","id":2,"code":"CAKES","name":"Birthday cakes","parent":"BAKERY"}"#,
    r#"{"type":"category","id":3,"code":"COSMETICS","name":"Cosmetics","parent":null}"#,
    r#"{"type":"category","id":4,"code":"DECORATIVE","name":"Decorative cosmetics","parent":"COSMETICS"}"#,
    r#"{"type":"category","id":5,"code":"PAPER","name":"Stationery","parent":null}"#,
    r#"{"type":"product","id":11,"goods_code":"CAKE","name":"Cake","category":"CAKES"}"#,
    r#"{"type":"product","id":12,"goods_code":"BREAD","name":"Bread","category":"BAKERY"}"#,
    r#"{"type":"product","id":13,"goods_code":"LIPSTICK","name":"Lipstick","category":"DECORATIVE"}"#,
    r#"{"type":"product","id":14,"goods_code":"SOAP","name":"Soap","category":"COSMETICS"}"#,
    r#"{"type":"product","id":15,"goods_code":"PEN","name":"Pen","category":"PAPER"}"#,
    r#"{"type":"product","id":16,"goods_code":"BAG","name":"School bag"}"#,
    r#"{"type":"product","id":17,"goods_code":"TEA","name":"Tea"}"#,
    r#"{"type":"product","id":18,"goods_code":"COFFEE","name":"Coffee"}"#,
    r#"{"type":"group","id":"school","name":"All for school","include":{"products":["BAG"],"categories":["PAPER"]}}"#,
];

impl Chain {
    pub(super) fn open() -> Self {
        let shop = Shop::empty(Database::Sqlite, &[]);
        shop.import("/v1/catalog/imports", &CATALOG.join("\n")).accepted();
        Self { shop }
    }

    /// A member with the card of the same name.
    pub(super) fn member(&self, id: &str, attributes: &Value) {
        let row = json!({
            "id": id, "identifiers": [{"kind": "card", "value": id}], "attributes": attributes,
        });
        self.shop.import("/v1/members/imports", &row.to_string()).accepted();
    }

    /// A personal offer, and what it is for a member.
    pub(super) fn personal(&self, mechanic: &str, member: &str, terms: &Value) {
        self.shop.put("/v1/attributes/mine", r#"{"type":"json"}"#).accepted();
        self.shop.run_offer("mine", &json!({"mechanic": mechanic, "attribute": "mine"}));
        let row =
            json!({"identifier_kind": "card", "identifier": member, "attribute": "mine", "value": terms});
        let import = self.shop.import("/v1/attributes/imports", &row.to_string()).accepted();
        assert_eq!(import["errors"], json!([]), "{import}");
    }

    /// Prices a receipt: goods with their amounts, one unit each.
    pub(super) fn price(&self, card: &str, (pos, at): (&str, &str), goods: &[(&str, &str)]) -> Priced {
        static PURCHASES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let purchase = PURCHASES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let line = |(position, (goods, amount)): (usize, &(&str, &str))| json!({"position": position + 1, "goods_id": goods, "quantity": "1", "price": amount, "amount": amount});
        let receipt = json!({
            "at": at, "pos": pos, "member": {"kind": "card", "value": card},
            "lines": goods.iter().enumerate().map(line).collect::<Vec<_>>(),
        });
        let call = path(&format!("p-{purchase}"), "calculate");
        let answer = self.shop.call(("POST", &call), "pos", &[], &receipt.to_string()).accepted();
        assert_eq!(answer["warnings"], json!([]), "{answer}");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let reasons = answer["not_applied"].as_array().expect("reasons").iter();
        Priced {
            discount: text(&answer["totals"]["discount"]),
            points: text(&answer["totals"]["points_earned"]),
            reasons: reasons.map(|reason| text(&reason["reason"])).collect(),
        }
    }
}

/// Money off.
pub(super) fn off(discount: &str) -> Priced {
    Priced { discount: discount.to_owned(), points: "0.00".to_owned(), reasons: Vec::new() }
}

/// Points.
pub(super) fn points(points: &str) -> Priced {
    Priced { discount: "0.00".to_owned(), points: points.to_owned(), reasons: Vec::new() }
}

/// Nothing, and why.
pub(super) fn nothing(reason: &str) -> Priced {
    let zero = || "0.00".to_owned();
    Priced { discount: zero(), points: zero(), reasons: vec![reason.to_owned()] }
}
