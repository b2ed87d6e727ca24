//! Recommendations of members: uploaded as an attribute, told to the member, and gone with what they are of.

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde_json::{Value, json};

use crate::shop::on_both_databases;
use crate::shop::{Answer, Database, Shop};

on_both_databases!(
    goods_and_content_are_told_in_their_order,
    what_is_gone_is_left_out,
    a_control_group_does_not_hear_of_its_offer,
    a_wrong_upload_changes_nothing,
    a_survivor_keeps_them,
);

fn shop(database: Database) -> Shop {
    let shop = Shop::open(database);
    shop.put("/v1/attributes/recommendations", r#"{"type":"json"}"#).accepted();
    shop
}

fn upload(shop: &Shop, value: &Value) -> Value {
    let row = json!({"identifier_kind": "member", "identifier": "m-1", "attribute": "recommendations", "value": value});
    shop.import("/v1/attributes/imports", &row.to_string()).accepted()
}

fn get(shop: &Shop, member: &str) -> Answer {
    shop.as_integration("GET", &format!("/v1/members/{member}/recommendations"), "")
}

/// The ids of a list.
fn ids(list: &Value, kinds: &[&str]) -> Vec<String> {
    let id = |entry: &Value| kinds.iter().find_map(|kind| entry[*kind].as_str()).expect("an id").to_owned();
    list.as_array().expect("a list").iter().map(id).collect()
}

fn codes(import: &Value) -> Vec<&str> {
    let errors = import["errors"].as_array().expect("errors").iter();
    errors.map(|error| error["code"].as_str().expect("a code")).collect()
}

fn goods_and_content_are_told_in_their_order(database: Database) {
    let shop = shop(database);
    let nothing = get(&shop, "m-1").accepted();
    assert_eq!(nothing, json!({"member_id": "m-1", "revision": null, "goods": [], "content": []}));

    let taken = upload(
        &shop,
        &json!({
            "goods": [{"product": "G4", "chance": 430_000}, {"category": "COFFEE"}, {"group": "breakfast", "why": "usual"}],
            "content": [{"id": "spring", "chance": 7}, {"id": 12, "offer": "coffee-15"}],
            "horizon": 28,
        }),
    );
    // What is not used is said and does no harm.
    assert_eq!((taken["applied"].as_i64(), codes(&taken)), (Some(1), vec!["unknown_field", "unknown_field"]));
    let told = get(&shop, "m-1").accepted();
    assert!(told["revision"].is_i64(), "{told}");
    assert_eq!(
        told["goods"],
        json!([
            {"product": "G4", "name": "Milk, 1 l", "picture": null, "chance": 430_000},
            {"category": "COFFEE", "name": "Coffee", "chance": null},
            {"group": "breakfast", "name": "All for breakfast", "chance": null},
        ])
    );
    assert_eq!(
        told["content"],
        json!([{"id": "spring", "offer": null, "chance": 7}, {"id": "12", "offer": "coffee-15", "chance": null}])
    );
    assert_eq!(get(&shop, "nobody").refused(), (404, "not_found".to_owned()));

    shop.import(
        "/v1/attributes/imports",
        r#"{"identifier_kind":"card","identifier":"1","attribute":"recommendations","value":null}"#,
    )
    .accepted();
    assert_eq!(get(&shop, "m-1").accepted(), nothing);
}

fn what_is_gone_is_left_out(database: Database) {
    let shop = shop(database);
    let taken = upload(
        &shop,
        &json!({
            "goods": [{"product": "none"}, {"product": "G2"}, {"product": "G1"}, {"category": "G1"}],
            "content": [{"id": "a", "offer": "none"}, {"id": "b", "offer": "coffee-15"}, {"id": "c"}],
        }),
    );
    assert_eq!((taken["applied"].as_i64(), taken["refused"].as_i64()), (Some(1), Some(0)));
    assert_eq!(codes(&taken), ["unknown_target", "unknown_target", "unknown_offer"]);
    let told = get(&shop, "m-1").accepted();
    assert_eq!(ids(&told["goods"], &["product", "category"]), ["G2", "G1"]);
    assert_eq!(ids(&told["content"], &["id"]), ["b", "c"]);

    shop.as_integration("POST", "/v1/offers/coffee-15/stop", "").accepted();
    assert_eq!(ids(&get(&shop, "m-1").accepted()["content"], &["id"]), ["c"]);
}

fn a_control_group_does_not_hear_of_its_offer(database: Database) {
    let shop = shop(database);
    upload(&shop, &json!({"content": [{"id": "a", "offer": "measured"}, {"id": "b"}]}));
    let offer = |salt: &str| {
        json!({"title": "Measured", "mechanic": "product", "control_group": {"percent": "50", "salt": salt},
            "params": {"reward": "discount", "items": [{"target": "G1", "method": "percent", "value": "5"}]}})
    };
    for is_measured in [false, true] {
        let salt = salt(is_measured);
        shop.put("/v1/offers/measured", &offer(&salt).to_string()).accepted();
        shop.as_integration("POST", "/v1/offers/measured/run", "").accepted();
        upload(&shop, &json!({"content": [{"id": "a", "offer": "measured"}, {"id": "b"}]}));
        let expected: &[&str] = if is_measured { &["b"] } else { &["a", "b"] };
        assert_eq!(ids(&get(&shop, "m-1").accepted()["content"], &["id"]), expected, "salt {salt}");
    }
}

/// A salt with which the member is, or is not, in a control group of half of all members.
fn salt(is_measured: bool) -> String {
    let group = |salt: &u32| ControlGroup { percent: Percent(5_000), salt: salt.to_string() };
    (0..).find(|salt| group(salt).contains("m-1") == is_measured).unwrap().to_string()
}

fn a_wrong_upload_changes_nothing(database: Database) {
    let shop = shop(database);
    upload(&shop, &json!({"goods": [{"product": "G1"}]}));
    let before = get(&shop, "m-1").accepted();
    let many: Vec<Value> = (0..101).map(|_| json!({"product": "G1"})).collect();
    for (value, code) in [
        (json!({"goods": [{}]}), "one_good"),
        (json!({"goods": [{"product": "G1", "category": "COFFEE"}]}), "one_good"),
        (json!({"goods": [{"product": "G1", "chance": 1_000_001}]}), "out_of_range"),
        (json!({"goods": [{"product": "G1", "chance": "0.5"}]}), "wrong_type"),
        (json!({"goods": "G1"}), "wrong_type"),
        (json!({"goods": many}), "too_many"),
        (json!({"content": [{"offer": "coffee-15"}]}), "missing_field"),
        (json!([]), "wrong_type"),
    ] {
        let taken = upload(&shop, &value);
        assert_eq!((taken["applied"].as_i64(), taken["refused"].as_i64()), (Some(0), Some(1)), "{value}");
        assert!(codes(&taken).contains(&code), "{value}: {taken}");
    }
    assert_eq!(get(&shop, "m-1").accepted(), before);
}

fn a_survivor_keeps_them(database: Database) {
    let shop = shop(database);
    upload(&shop, &json!({"goods": [{"product": "G1"}]}));
    shop.import("/v1/members/imports", &json!({"id": "m-2"}).to_string()).accepted();
    let headers = [("Content-Type", "application/json")];
    shop.call(("POST", "/v1/members/m-1/merge"), "integration", &headers, r#"{"into":"m-2"}"#).accepted();
    assert_eq!(get(&shop, "m-1").refused(), (409, "member_merged".to_owned()));
    assert_eq!(ids(&get(&shop, "m-2").accepted()["goods"], &["product"]), ["G1"]);
}
