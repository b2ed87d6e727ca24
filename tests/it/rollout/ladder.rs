//! Uploads and the steps of the ladder: shadow, canary, active, and back.

use serde_json::{Value, json};
use tests::guests::product_version;

use super::{one_line, version_of};
use crate::shop::{Database, Shop, on_both_databases, path};

on_both_databases!(
    an_upload_is_ready_and_prices_nothing,
    an_active_version_prices_and_goes_back,
    a_canary_is_sticky_and_grows,
    a_canary_may_be_a_store,
    a_shadow_finds_the_cent_and_names_the_line,
    what_makes_no_sense_is_refused,
);

fn an_upload_is_ready_and_prices_nothing(database: Database) {
    let shop = Shop::open(database);
    let uploaded = shop.upload_product("1.100.101");
    assert_eq!(uploaded["version"], "1.100.101");
    assert_eq!(uploaded["state"], "ready");
    let steps: Vec<&str> =
        uploaded["steps"].as_array().unwrap().iter().map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(steps, ["uploaded", "screened", "compiled", "rehearsed", "ready"]);
    for name in ["digest", "abi", "size", "phases", "params_schema", "imports"] {
        assert!(!uploaded[name].is_null(), "{name}: {uploaded}");
    }
    assert_eq!(version_of(&shop.calculated("p-1")), "1.0.0", "the built-in version goes on");

    let again = shop.upload("product", product_version("1.100.101").unwrap());
    assert_eq!((again.status, again.accepted()["digest"].clone()), (200, uploaded["digest"].clone()));
    let states = versions(&shop);
    assert_eq!(
        states,
        [("1.0.0".to_owned(), "live".to_owned()), ("1.100.101".to_owned(), "ready".to_owned())]
    );
}

fn an_active_version_prices_and_goes_back(database: Database) {
    let shop = Shop::open(database);
    let uploaded = shop.upload_product("3.100.101");
    let before = shop.calculated("p-1");
    let rolled = shop.roll_out(&json!({"version": "3.100.101"}));
    assert_eq!(rolled["active"]["version"], "3.100.101");
    assert_eq!(rolled["previous"][0]["version"], "1.0.0");
    let now = shop.calculated("p-1");
    assert_eq!(version_of(&now), "3.100.101");
    assert_eq!(now["lines"][0]["discount"], "314.91", "45 % instead of 15 %");
    assert_ne!(now["plan"], before["plan"]);
    let product = now["mechanics"].as_array().unwrap().iter().find(|one| one["name"] == "product").unwrap();
    assert_eq!(product["digest"], uploaded["digest"]);
    assert_eq!(now["lines"][0]["offers"][0]["mechanic_version"], "3.100.101");

    let back = shop.roll_back();
    assert_eq!(back["active"]["version"], "1.0.0");
    assert_eq!(shop.calculated("p-1"), before, "as if nothing had been");
    assert_eq!(
        versions(&shop).iter().map(|(_, state)| state.as_str()).collect::<Vec<_>>(),
        ["live", "taken back"]
    );
    let refused = shop.as_admin("POST", "/v1/mechanics/product/rollback", "").refused();
    assert_eq!(refused, (409, "nothing_before".to_owned()));

    shop.roll_out(&json!({"version": "3.100.101"}));
    shop.kill();
    shop.start();
    assert_eq!(version_of(&shop.calculated("p-2")), "3.100.101", "also after a restart");
}

/// Versions and their states.
fn versions(shop: &Shop) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let product = shop.product();
    let versions = product["versions"].as_array().unwrap().iter();
    let mut versions: Vec<_> =
        versions.map(|version| (text(&version["version"]), text(&version["state"]))).collect();
    versions.sort();
    versions
}

fn a_canary_is_sticky_and_grows(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("1.100.101");
    let rows: Vec<String> = (0..60)
        .map(|n| json!({"id": format!("c-{n}"), "identifiers": [{"kind": "card", "value": format!("7{n:03}")}]}))
        .map(|row| row.to_string())
        .collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let on_trial = |round: &str| -> Vec<bool> {
        let priced = |n: u32| {
            let id = format!("{round}-{n}");
            let receipt = one_line("G1", "349.90", Some(&format!("7{n:03}"))).to_string();
            version_of(&shop.post(&path(&id, "calculate"), &id, &receipt).accepted()) == "1.100.101"
        };
        (0..60).map(priced).collect()
    };
    let mut before = vec![false; 60];
    for (percent, least, most) in [("0", 0, 0), ("20", 3, 24), ("50", 15, 45), ("100", 60, 60)] {
        shop.roll_out(&json!({"version": "1.100.101", "canary_percent": percent}));
        let now = on_trial(&format!("a{percent}"));
        assert_eq!(now, on_trial(&format!("b{percent}")), "the same members again");
        assert!(before.iter().zip(&now).all(|(before, now)| !before || *now), "nobody leaves as it grows");
        let count = now.iter().filter(|on_trial| **on_trial).count();
        assert!((least..=most).contains(&count), "{count} of 60 at {percent} %");
        before = now;
    }
    let ended = shop.roll_back();
    assert_eq!((&ended["canary"], &ended["active"]["version"]), (&Value::Null, &json!("1.0.0")));
    assert!(on_trial("c").iter().all(|on_trial| !on_trial));
}

fn a_canary_may_be_a_store(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("1.100.101");
    shop.roll_out(&json!({"version": "1.100.101", "pos": ["store-77"]}));
    assert_eq!(version_of(&shop.calculated("p-1")), "1.100.101");
    for (purchase, pos) in [("p-2", "store-7"), ("p-3", "store-770/till-1")] {
        let mut receipt = one_line("G1", "349.90", None);
        receipt["pos"] = json!(pos);
        let answer = shop.post(&path(purchase, "calculate"), purchase, &receipt.to_string()).accepted();
        assert_eq!(version_of(&answer), "1.0.0", "{pos}");
    }
}

fn a_shadow_finds_the_cent_and_names_the_line(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("2.100.101");
    shop.roll_out(&json!({"shadow": "2.100.101"}));
    // 15 % of these are whole cents, but for the last.
    for n in 0..30 {
        let amount = if n == 29 { "349.90" } else { "350.00" };
        let mut receipt = one_line("G1", amount, None);
        receipt["lines"][0]["amount"] = json!(if n == 29 { "349.90" } else { "350.00" });
        let id = format!("p-{n}");
        let answer = shop.post(&path(&id, "calculate"), &id, &receipt.to_string()).accepted();
        assert_eq!(version_of(&answer), "1.0.0", "a shadow pays nothing");
    }
    let shadow =
        wait_for(&shop, |shadow| shadow["health"]["calls"] == 30 && shadow["differences"][0].is_object());
    assert_eq!(shadow["health"]["differences"], 1, "{shadow}");
    let expected = json!([{"purchase_id": "p-29", "lines": [{
        "position": 1, "goods_id": "G1",
        "discount": {"active": "52.49", "shadow": "52.48"},
        "points": {"active": "14.87", "shadow": "14.87"},
    }]}]);
    assert_eq!(shadow["differences"], expected);
    assert_eq!(shop.roll_out(&json!({"shadow": null}))["shadow"], Value::Null);
}

/// The shadow of `product`, once it is as wanted.
fn wait_for(shop: &Shop, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..200 {
        let shadow = shop.product()["rollout"]["shadow"].clone();
        if wanted(&shadow) {
            return shadow;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("never so: {}", shop.product()["rollout"])
}

fn what_makes_no_sense_is_refused(database: Database) {
    let shop = Shop::open(database);
    let digest = shop.upload_product("1.100.101")["digest"].clone();
    let refused = |body: Value| shop.as_admin("PUT", "/v1/mechanics/product/rollout", &body.to_string());
    for (body, pointer, code) in [
        (json!({}), "", "missing_field"),
        (json!({"version": "1.100.101", "shadow": "1.100.101"}), "", "conflicting_fields"),
        (json!({"version": "1.100.101", "canary_percent": "5", "pos": ["a"]}), "/pos", "conflicting_fields"),
        (json!({"version": "1.100.101", "canary_percent": "101"}), "/canary_percent", "out_of_range"),
        (json!({"version": "1.100.101", "canary_percent": true}), "/canary_percent", "wrong_type"),
        (json!({"version": "1.100.101", "pos": []}), "/pos", "missing_field"),
        (json!({"version": "9.9.9"}), "/version", "unknown_version"),
        (json!({"version": "1.100.101", "gate": {}}), "/gate", "unknown_field"),
        (
            json!({"version": "1.100.101", "gates": {"min_receipts": 0}}),
            "/gates/min_receipts",
            "out_of_range",
        ),
    ] {
        let answer = refused(body.clone());
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        let problem = &answer.json()["errors"][0];
        assert_eq!(
            (problem["pointer"].as_str(), problem["code"].as_str()),
            (Some(pointer), Some(code)),
            "{body}"
        );
    }
    let state = |body: Value| refused(body).refused();
    assert_eq!(state(json!({"shadow": "1.0.0"})), (409, "already_active".to_owned()));
    let unknown = shop.as_admin("PUT", "/v1/mechanics/nothing/rollout", r#"{"version":"1.0.0"}"#).refused();
    assert_eq!(unknown, (404, "unknown_mechanic".to_owned()));
    let by_partner = shop.call(("PUT", "/v1/mechanics/product/rollout"), "integration", &[], "{}").refused();
    assert_eq!(by_partner, (403, "forbidden".to_owned()));

    // Another build under a number that is taken.
    let mut other = product_version("1.100.101").unwrap();
    other.extend([0, 2, 1, b'x']);
    assert_eq!(shop.upload("product", other).refused(), (409, "version_exists".to_owned()));
    let misnamed = shop.upload("other", product_version("1.100.102").unwrap());
    assert_eq!(misnamed.refused(), (422, "name_mismatch".to_owned()));
    for (file, code) in [
        (b"hello".to_vec(), "text_file"),
        (Vec::new(), "empty_file"),
        (b"\0asm\x01\0\0\0".to_vec(), "core_module"),
    ] {
        assert_eq!(shop.upload("product", file).refused(), (422, code.to_owned()));
    }
    assert_eq!(shop.product()["versions"][1]["digest"], digest, "nothing else was taken");
    assert_eq!(shop.product()["versions"].as_array().unwrap().len(), 2);
}
