//! A version that is named for all prices all receipts, whatever was on trial.

use serde_json::{Value, json};

use super::version_of;
use crate::shop::{Database, Shop, on_both_databases};

on_both_databases!(whoever_names_a_version_for_all_gets_it_for_all);

/// The state of a version of `product`.
fn state(shop: &Shop, version: &str) -> Value {
    let product = shop.product();
    let mut versions = product["versions"].as_array().expect("versions").iter();
    versions.find(|known| known["version"] == version).expect("it is known")["state"].clone()
}

/// The detail of the latest record.
fn last_record(shop: &Shop) -> Value {
    let audit = shop.as_admin("GET", "/v1/audit?limit=1000", "").accepted();
    audit["items"].as_array().expect("records").last().expect("a record")["detail"].clone()
}

fn whoever_names_a_version_for_all_gets_it_for_all(database: Database) {
    let shop = Shop::open(database);
    for version in ["1.100.101", "3.100.101", "6.100.101"] {
        shop.upload_product(version);
    }
    // A canary of all receipts, which traps, and fewer receipts than its gates need.
    let gates = json!({"min_receipts": 1000});
    let canary = json!({"version": "6.100.101", "canary_percent": "100", "gates": gates});
    assert_eq!(shop.roll_out(&canary)["ended"], json!({"canary": null, "shadow": null}));
    let trapped = shop.calculated("p-1");
    assert_eq!(
        (version_of(&trapped).as_str(), &trapped["lines"][0]["discount"]),
        ("6.100.101", &json!("0.00"))
    );

    let back = shop.roll_out(&json!({"version": "1.0.0"}));
    assert_eq!((&back["active"]["version"], &back["canary"]), (&json!("1.0.0"), &Value::Null));
    let ended = &back["ended"];
    assert_eq!((&ended["canary"]["version"], &ended["shadow"]), (&json!("6.100.101"), &Value::Null));
    let record = last_record(&shop);
    assert_eq!(record["ended"]["canary"]["version"], "6.100.101", "{record}");
    let priced = shop.calculated("p-2");
    assert_eq!((version_of(&priced).as_str(), &priced["lines"][0]["discount"]), ("1.0.0", &json!("104.97")));

    // Neither the canary nor the shadow of another version survives, and the version itself is no trial any more.
    shop.roll_out(&json!({"shadow": "1.100.101"}));
    assert_eq!(state(&shop, "1.100.101"), "shadow", "it pays nothing");
    shop.roll_out(&json!({"version": "3.100.101", "pos": ["store-77"]}));
    assert_eq!(state(&shop, "3.100.101"), "live");
    let all = shop.roll_out(&json!({"version": "1.100.101"}));
    let ended = &all["ended"];
    assert_eq!(
        (&ended["canary"]["version"], &ended["shadow"]["version"]),
        (&json!("3.100.101"), &json!("1.100.101"))
    );
    assert_eq!((&all["canary"], &all["shadow"]), (&Value::Null, &Value::Null));
    assert_eq!(version_of(&shop.calculated("p-3")), "1.100.101");
    let plan = shop.as_admin("GET", "/v1/plan", "").accepted();
    let product = plan["mechanics"].as_array().expect("mechanics").iter();
    let product: Vec<_> = product.filter(|known| known["name"] == "product").collect();
    let is_live = |known: &&&Value| known["fallback"] != json!(true);
    assert_eq!(
        product.iter().filter(is_live).count(),
        1,
        "the version before is but a fallback: {product:?}"
    );
    assert_eq!(state(&shop, "3.100.101"), "ready");

    // A version that becomes active by a roll-back is no shadow of itself.
    shop.roll_out(&json!({"shadow": "1.0.0"}));
    let back = shop.roll_back();
    assert_eq!((&back["active"]["version"], &back["shadow"]), (&json!("1.0.0"), &Value::Null));
    assert_eq!(back["ended"]["shadow"]["version"], "1.0.0");
    assert_eq!(state(&shop, "1.100.101"), "taken back");
    // Whoever takes it up again forgets that.
    shop.roll_out(&json!({"shadow": "1.100.101"}));
    assert_eq!(shop.roll_out(&json!({"shadow": null}))["ended"]["shadow"]["version"], "1.100.101");
    assert_eq!(state(&shop, "1.100.101"), "ready");
}
