//! The parameters of an offer keep to the schema of its mechanic, wherever an offer is written.

use serde_json::{Value, json};
use tests::guests::raw::Raw;

use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(an_offer_keeps_to_the_schema,);

const SCHEMA: &str = r##"{
    "type": "object", "additionalProperties": false,
    "properties": {
        "reward": {"const": "discount"},
        "skip_discounted_lines": {"const": true},
        "items": {"maxItems": 2, "items": {"$ref": "#/$defs/item"}}
    },
    "$defs": {"item": {"properties": {
        "value": {"type": "string", "pattern": "^[0-9]{1,2}$"},
        "order": {"type": "integer", "minimum": 1, "maximum": 100000000000000000000}
    }}}
}"##;

/// Pointer, code and detail of everything that is wrong.
fn problems(answer: &Answer) -> Vec<(String, String, String)> {
    let document = answer.json();
    let text = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
    let errors = document["errors"].as_array().unwrap().iter();
    errors.map(|one| (text(one, "pointer"), text(one, "code"), text(one, "detail"))).collect()
}

fn places(answer: &Answer) -> Vec<(String, String)> {
    problems(answer).into_iter().map(|(pointer, code, _)| (pointer, code)).collect()
}

fn schema_at(pointers: &[&str]) -> Vec<(String, String)> {
    pointers.iter().map(|pointer| ((*pointer).to_owned(), "schema".to_owned())).collect()
}

fn an_offer_keeps_to_the_schema(database: Database) {
    let shop = Shop::open(database);
    let component = Raw { schema: SCHEMA, ..Raw::declining("", "", 1) }.build().unwrap();
    shop.upload("raw", component).accepted();
    shop.as_admin("PUT", "/v1/mechanics/raw/rollout", &json!({"version": "1.0.0"}).to_string()).accepted();
    let offer = |params: Value| json!({"title": "Raw", "mechanic": "raw", "params": params}).to_string();
    let item = |value: Value| json!({"target_kind": "receipt", "value": value, "order": 1});

    shop.put("/v1/offers/sound", &offer(json!({"reward": null, "items": [item(json!("15"))]}))).accepted();

    let refused = shop.put(
        "/v1/offers/raw-1",
        &offer(json!({
            "skip_discounted_lines": false,
            "items": [item(json!("15")), {"value": "100", "order": 0}, {"value": 7.5, "order": 1}],
        })),
    );
    assert_eq!(refused.refused(), (422, "offer_refused".to_owned()), "{}", refused.text);
    let expected = [
        "/params/items",
        "/params/items/1/order",
        "/params/items/1/value",
        "/params/items/2/value",
        "/params/skip_discounted_lines",
    ];
    assert_eq!(places(&refused), schema_at(&expected));
    let details: Vec<String> = problems(&refused).into_iter().map(|(_, _, detail)| detail).collect();
    assert_eq!(details[0], "must have at most 2 entries");
    assert_eq!(details[1], "must be at least 1, got `0`");
    assert_eq!(details[2], "must be written as the pattern `^[0-9]{1,2}$` says, got `100`");
    assert_eq!(details[3], "must be a text, got `7.5`", "as it was written: no float was in between");

    // What the host itself finds is not told twice.
    let unknown = shop.put("/v1/offers/raw-1", &offer(json!({"items": [], "colour": "red"})));
    assert_eq!(places(&unknown), [("/params/colour".to_owned(), "unknown_field".to_owned())]);

    let template = offer(json!({"items": [{"value": "${percent}", "order": 1}]}));
    shop.put("/v1/offer-templates/raw", &template).accepted();
    let row = json!({"template": "raw", "external_id": "raw-2", "values": {"percent": "1.50"}});
    let whole = json!({"external_id": "raw-3", "title": "Raw", "mechanic": "raw",
        "params": {"items": [{"value": "5", "order": -1}]}});
    let imported = shop.import("/v1/offers/imports", &format!("{row}\n{whole}\n"));
    assert_eq!(imported.refused(), (422, "import_refused".to_owned()), "{}", imported.text);
    let rows: Vec<String> = places(&imported)
        .into_iter()
        .map(|(pointer, code)| {
            assert_eq!(code, "schema", "{}", imported.text);
            pointer
        })
        .collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].starts_with("/0/"), "{rows:?}");
    assert_eq!(rows[1], "/1/params/items/0/order");
}

#[test]
fn a_stricter_version_names_the_offers_in_its_way() {
    let shop = Shop::open(Database::Sqlite);
    let version = |version, schema| Raw { version, schema, ..Raw::declining("", "", 1) }.build().unwrap();
    shop.upload("raw", version("1.0.0", "{}")).accepted();
    shop.upload("raw", version("2.0.0", r#"{"properties":{"items":{"maxItems":1}}}"#)).accepted();
    let roll =
        |version| shop.as_admin("PUT", "/v1/mechanics/raw/rollout", &json!({"version": version}).to_string());
    roll("1.0.0").accepted();
    let params = json!({"items": [{"value": "1"}, {"value": "2"}]});
    shop.run_offer("two", &json!({"mechanic": "raw", "params": params}));
    let refused = roll("2.0.0");
    assert_eq!(refused.refused().0, 422);
    assert!(
        refused.text.contains("must have at most 1 entries") && refused.text.contains("two"),
        "{}",
        refused.text
    );
}
