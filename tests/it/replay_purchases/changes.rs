//! All that may change under a purchase.

use std::process::Output;

use serde_json::{Value, json};

use super::day::{CARD, Day, MEMBER, member, terms};
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

/// Another version of `product`, which does the same and says another number.
pub(super) fn upload_version(shop: &Shop, version: &str) {
    let builtin = bundle::builtins().iter().find(|builtin| builtin.name == "product").expect("it is one");
    let mut file = builtin.wasm.to_vec();
    let places: Vec<usize> = file
        .windows(6)
        .enumerate()
        .filter(|(_, found)| found.ends_with(b"1.0.0") && found[0] != b'@')
        .map(|(place, _)| place + 1)
        .collect();
    assert!(!places.is_empty(), "the version is written somewhere");
    for place in places {
        file[place..place + 5].copy_from_slice(version.as_bytes());
    }
    let request = ureq::post(format!("{}/v1/mechanics/product/versions", shop.address()))
        .header("Authorization", format!("Bearer {}", key(shop)))
        .header("Content-Type", "application/wasm");
    let answered = request.config().http_status_as_error(false).build().send(&file);
    let mut answered = answered.expect("an answer");
    let text = answered.body_mut().read_to_string().expect("text");
    assert_eq!(answered.status(), 201, "{text}");
}

pub(super) fn roll_out(shop: &Shop, wanted: &Value) {
    let request = ureq::put(format!("{}/v1/mechanics/product/rollout", shop.address()))
        .header("Authorization", format!("Bearer {}", key(shop)))
        .header("Content-Type", "application/json");
    let answered = request.config().http_status_as_error(false).build().send(wanted.to_string());
    let mut answered = answered.expect("an answer");
    let text = answered.body_mut().read_to_string().expect("text");
    assert_eq!(answered.status(), 200, "{text}");
}

/// Of an admin.
fn key(shop: &Shop) -> String {
    let Output { status, stdout, stderr } =
        shop.command(&["key", "create", "--role", "admin", "--name", "test"]);
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text").trim().to_owned()
}
