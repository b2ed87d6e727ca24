//! Changes everything that a purchase was priced by.

use serde_json::json;

use super::day::{CARD, Day, MEMBER, member, terms};
use super::rollouts::{roll_out, upload_version};
use crate::shop::Shop;

/// Nothing that priced the purchases of the day is in force afterwards.
pub(super) fn everything_changes(shop: &Shop, day: &Day) {
    assert!(!day.purchases.is_empty());
    let items = json!([{"target": "G1", "method": "percent", "value": "33"}]);
    shop.run_offer("coffee-15", &json!({"mechanic": "product", "params": {"items": items}}));
    shop.as_integration("POST", "/v1/offers/coupon/stop", "").accepted();
    let goods = json!({"type": "product", "id": 1, "goods_code": "G1", "name": "Tea", "category": "MILK"});
    shop.import("/v1/catalog/imports", &goods.to_string()).accepted();
    let row =
        json!({"identifier_kind": "card", "identifier": CARD, "attribute": "terms", "value": terms("55")});
    shop.import("/v1/attributes/imports", &row.to_string()).accepted();
    shop.import("/v1/audiences/vip/members?mode=replace", &json!({"member": "m-1"}).to_string()).accepted();
    shop.put("/v1/audiences/adults", r#"{"rule":{"attribute":"birth_date","age":{"from":99}}}"#).accepted();
    shop.import("/v1/members/imports", &member("survivor", "31", "9").to_string()).accepted();
    let merge = json!({"into": "survivor"}).to_string();
    let headers = [("Content-Type", "application/json")];
    let path = format!("/v1/members/{MEMBER}/merge");
    shop.call(("POST", &path), "integration", &headers, &merge).accepted();
    roll_out(shop, &json!({"version": "1.0.9"}));
    upload_version(shop, "1.0.8");
    roll_out(shop, &json!({"version": "1.0.8"}));
}
