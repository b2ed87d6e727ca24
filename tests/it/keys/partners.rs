//! Partners see their own mechanics.

use serde_json::{Value, json};
use tests::guests::raw::Raw;

use super::client::{Client, bound_key, new_key};
use super::on_both_databases;
use crate::shop::{Database, Shop, reference};

on_both_databases!(a_partner_sees_its_own_mechanics_only);

fn named(list: &Value) -> Vec<&str> {
    let mechanics = list["mechanics"].as_array().expect("mechanics").iter();
    mechanics.map(|mechanic| mechanic["name"].as_str().expect("a name")).collect()
}

fn a_partner_sees_its_own_mechanics_only(database: Database) {
    let shop = Shop::open(database);
    let client = Client::of(&shop);
    let acme = new_key(&shop, &["--role", "partner", "--name", "acme"]);
    let second_of_acme = new_key(&shop, &["--role", "partner", "--name", "acme ci", "--partner", "acme"]);
    let other = new_key(&shop, &["--role", "partner", "--name", "other"]);
    let component = Raw::declining("", "", 1).build().expect("a component");
    shop.upload_as(&acme, "raw/versions", &[], component.clone()).accepted();
    shop.as_admin("PUT", "/v1/mechanics/raw/rollout", r#"{"version":"1.0.0"}"#).accepted();
    let params = json!({"items": [{"value": "15"}]});
    shop.run_offer("of-acme", &json!({"mechanic": "raw", "params": params}));

    for key in [&acme, &second_of_acme] {
        assert_eq!(named(&client.call(key, "GET /v1/mechanics", "").accepted()), ["raw"]);
        assert_eq!(client.call(key, "GET /v1/mechanics/raw", "").accepted()["version"], "1.0.0");
        let plan = client.call(key, "GET /v1/plan", "").accepted();
        assert_eq!(named(&plan), ["raw"]);
        assert_eq!(plan["offers"].as_array().expect("offers").len(), 1, "{plan}");
    }
    // The second key uploads as the partner does.
    assert_eq!(shop.upload_as(&second_of_acme, "raw/versions", &[], component.clone()).status, 200);

    assert_eq!(named(&client.call(&other, "GET /v1/mechanics", "").accepted()), Vec::<&str>::new());
    for name in ["raw", "product", "none"] {
        let refused = client.call(&other, &format!("GET /v1/mechanics/{name}"), "").refused();
        assert_eq!(refused, (404, "unknown_mechanic".to_owned()), "{name}");
    }
    let plan = client.call(&other, "GET /v1/plan", "").accepted();
    assert_eq!(
        (&plan["mechanics"], &plan["offers"], &plan["warnings"]),
        (&json!([]), &json!([]), &json!([]))
    );
    assert_eq!(shop.upload_as(&other, "raw/versions", &[], component).refused().1, "not_your_mechanic");
    let all = client.call(shop.integration_key(), "GET /v1/mechanics", "").accepted();
    assert!(named(&all).len() > 1, "{all}");
    a_shadow_shows_the_ids_of_tills(&shop, &client);
}

/// The differing receipts of a shadow, by the ids of the tills.
fn a_shadow_shows_the_ids_of_tills(shop: &Shop, client: &Client) {
    let second = Raw { version: "1.1.0", ..Raw::declining("", "", 1) }.build().expect("a component");
    shop.upload("raw", second).accepted();
    let rolled = shop.as_admin("PUT", "/v1/mechanics/raw/rollout", r#"{"shadow":"1.1.0"}"#).accepted();
    let shadow = rolled["shadow"]["digest"].as_str().expect("a digest");
    let store = bound_key(shop, &["store-77"]);
    client.call(&store, "POST /v1/purchases/p-1/calculate", &reference().to_string()).accepted();
    // As if the shadow, the second trial of the mechanic, priced it otherwise.
    shop.sql(&format!(
        "INSERT INTO shadow_differences (digest, since, purchase_id, created_at, lines)
         SELECT '{shadow}', 2, id, 0, '[]' FROM purchases"
    ));
    let shown = shop.as_admin("GET", "/v1/mechanics/raw", "").accepted();
    let differences = &shown["rollout"]["shadow"]["differences"];
    assert_eq!(differences, &json!([{"purchase_id": "p-1", "scope": "store-77", "lines": []}]), "{shown}");
}
