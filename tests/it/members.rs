//! Members from outside: what is known of one, attributes, and merging two.

use serde_json::{Value, json};

use crate::shop::on_both_databases;
use crate::shop::{Answer, Database, Shop, hundredths, path, reference};

on_both_databases!(
    a_member_is_shown_with_what_it_was,
    a_merged_member_lives_on_in_the_survivor,
    nobody_is_merged_by_mistake,
);

fn get(shop: &Shop, path: &str) -> Answer {
    shop.as_integration("GET", path, "")
}

fn import(shop: &Shop, rows: &[Value]) {
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
}

fn row(id: &str, card: &str, points: &str, attributes: &Value) -> Value {
    json!({"id": id, "identifiers": [{"kind": "card", "value": card}], "points": points, "attributes": attributes})
}

fn by_card(card: &str) -> Value {
    let mut receipt = reference();
    receipt["member"]["value"] = json!(card);
    receipt
}

fn available(shop: &Shop, member: &str) -> i64 {
    hundredths(&get(shop, &format!("/v1/members/{member}/points")).accepted()["available"])
}

fn merge(shop: &Shop, from: &str, into: &str) -> Answer {
    let headers = [("Content-Type", "application/json")];
    let path = format!("/v1/members/{from}/merge");
    shop.call(("POST", &path), "integration", &headers, &json!({"into": into}).to_string())
}

fn a_member_is_shown_with_what_it_was(database: Database) {
    let shop = Shop::open(database);
    for city in ["Kazan", "Moscow"] {
        let mut member = row("m-2", "2", "0", &json!({"city": city}));
        member["birth_date"] = json!("1990-02-11");
        member["audiences"] = json!(["staff"]);
        import(&shop, &[member]);
    }
    let rule = json!({"rule": {"attribute": "birth_date", "age": {"from": 18}}});
    shop.put("/v1/audiences/adults", &rule.to_string()).accepted();
    let shown = get(&shop, "/v1/members/m-2?pos=store-77/till-3").accepted();
    assert_eq!(shown["identifiers"], json!([{"kind": "card", "value": "2"}]));
    assert_eq!((&shown["state"], &shown["audiences"]), (&json!("normal"), &json!(["adults", "staff"])));
    let attributes = shown["attributes"].as_array().expect("attributes");
    let values: Vec<&Value> = attributes.iter().map(|attribute| &attribute["value"]).collect();
    assert_eq!(values, [&json!("1990-02-11"), &json!("Moscow")]);
    assert!(attributes[0]["revision"].as_i64() < attributes[1]["revision"].as_i64(), "{shown}");

    let history = get(&shop, "/v1/members/m-2/attributes/city/revisions").accepted();
    let revisions = history["revisions"].as_array().expect("revisions");
    let values: Vec<&Value> = revisions.iter().map(|revision| &revision["value"]).collect();
    assert_eq!(values, ["Moscow", "Kazan"]);
    assert_eq!(revisions[1]["until_revision"], revisions[0]["revision"]);
    assert_eq!((&revisions[0]["until"], &revisions[1]["until"]), (&Value::Null, &revisions[0]["written_at"]));
    for (path, code) in [
        ("/v1/members/nobody", "unknown_member"),
        ("/v1/members/nobody/attributes/city/revisions", "unknown_member"),
        ("/v1/members/m-2/attributes/size/revisions", "unknown_attribute"),
    ] {
        assert_eq!(get(&shop, path).refused(), (404, code.to_owned()), "{path}");
    }

    let state = |body: &Value| shop.put("/v1/members/m-2/state", &body.to_string());
    state(&json!({"state": "blocked"})).accepted();
    assert_eq!(get(&shop, "/v1/members/m-2").accepted()["state"], json!("blocked"));
    let priced = shop.post(&path("p", "calculate"), "p", &by_card("2").to_string()).accepted();
    assert_eq!(priced["warnings"][0]["code"], json!("member_blocked"), "{priced}");
    assert_eq!(state(&json!({"state": "merged"})).refused(), (422, "state_refused".to_owned()));
    let nobody = shop.put("/v1/members/nobody/state", "{\"state\":\"normal\"}");
    assert_eq!(nobody.refused(), (404, "unknown_member".to_owned()));
}

fn a_merged_member_lives_on_in_the_survivor(database: Database) {
    let shop = Shop::open(database);
    for (name, kind, mode) in [
        ("visits", "int", "sum_or_append"),
        ("children", "json", "sum_or_append"),
        ("secret", "string", "none"),
        ("city", "string", "always"),
        ("last_visit", "date", "max"),
    ] {
        let body = json!({"type": kind, "merge": mode});
        shop.put(&format!("/v1/attributes/{name}"), &body.to_string()).accepted();
    }
    let defined = get(&shop, "/v1/attributes").accepted();
    assert_eq!(defined["attributes"].as_array().map(Vec::len), Some(5));
    let own = json!({"visits": 3, "children": ["2020-01-01"], "city": "Moscow", "last_visit": "2025-11-01", "mail": "own"});
    let other = json!({"visits": "4", "children": ["2025-01-01"], "city": "Kazan", "secret": "x",
                       "last_visit": "2025-10-31", "mail": "other", "size": 42});
    let mut gone = row("m-1", "1", "1000.00", &other);
    gone["audiences"] = json!(["staff"]);
    import(&shop, &[gone, row("m-2", "2", "50.00", &own)]);
    let confirmed = shop.post(&path("p", "calculate"), "p", &by_card("1").to_string()).accepted();
    let earned = hundredths(&confirmed["totals"]["points_earned"]);
    shop.post(&path("p", "confirm"), "p-confirm", "").accepted();
    let mut paid = by_card("1");
    paid["pay_points"] = json!("100.00");
    shop.post(&path("open", "calculate"), "open", &paid.to_string()).accepted();
    let change = shop.put("/v1/attributes/city", "{\"type\":\"int\"}");
    assert_eq!(change.refused(), (409, "attribute_in_use".to_owned()));

    let merged = merge(&shop, "m-1", "m-2").accepted();
    assert_eq!((&merged["state"], &merged["merged_into"]), (&json!("merged"), &json!("m-2")));
    assert_eq!(merge(&shop, "m-1", "m-2").accepted(), merged, "the same again");
    assert_eq!(available(&shop, "m-2"), 100_000 + 5_000 + earned - 10_000);
    let survivor = get(&shop, "/v1/members/m-2").accepted();
    let values: Value = survivor["attributes"]
        .as_array()
        .expect("attributes")
        .iter()
        .map(|attribute| (attribute["name"].as_str().expect("a name").to_owned(), attribute["value"].clone()))
        .collect();
    let expected = json!({"visits": 7, "children": ["2020-01-01", "2025-01-01"], "city": "Kazan",
                          "last_visit": "2025-11-01", "mail": "own", "size": 42});
    assert_eq!(values, expected);
    assert_eq!(survivor["audiences"], json!(["staff"]));
    let gone = get(&shop, "/v1/members/m-1").accepted();
    assert_eq!((&gone["state"], &gone["merged_into"]), (&json!("merged"), &json!("m-2")));
    assert_eq!(gone["identifiers"], json!([]));

    // The old card finds the survivor, what is open is settled, and what was bought can be returned.
    shop.post(&path("open", "confirm"), "open-confirm", "").accepted();
    let lines = json!({"lines": [{"position": 1, "quantity": "2"}]}).to_string();
    let returned = shop.post(&path("p", "returns"), "p-return", &lines).accepted();
    let confirm = format!("returns/{}/confirm", returned["return_id"].as_str().expect("an id"));
    let before = available(&shop, "m-2");
    shop.post(&path("p", &confirm), "p-return-confirm", "").accepted();
    assert!(available(&shop, "m-2") < before, "what was earned is taken back");
    shop.post(&path("q", "calculate"), "q", &by_card("1").to_string()).accepted();
    assert_eq!(shop.get("/v1/purchases/q").accepted()["member_id"], json!("m-2"));
    assert_eq!(shop.get("/v1/purchases/p").accepted()["member_id"], json!("m-2"));
    shop.verify();
}

fn nobody_is_merged_by_mistake(database: Database) {
    let shop = Shop::open(database);
    import(&shop, &[row("m-2", "2", "0", &json!({})), row("m-3", "3", "0", &json!({}))]);
    let refused = |from: &str, into: &str| merge(&shop, from, into).refused();
    assert_eq!(refused("m-1", "m-1"), (409, "same_member".to_owned()));
    assert_eq!(refused("m-1", "nobody"), (404, "unknown_member".to_owned()));
    assert_eq!(refused("nobody", "m-1"), (404, "unknown_member".to_owned()));
    assert_eq!(available(&shop, "m-1"), 100_000);
    merge(&shop, "m-1", "m-2").accepted();
    assert_eq!(refused("m-1", "m-3"), (409, "member_merged".to_owned()));
    assert_eq!(refused("m-3", "m-1"), (409, "member_merged".to_owned()));
    let state = shop.put("/v1/members/m-1/state", "{\"state\":\"normal\"}");
    assert_eq!(state.refused(), (409, "member_merged".to_owned()));
    let headers = [("Content-Type", "application/json")];
    let bad = shop.call(("POST", "/v1/members/m-3/merge"), "integration", &headers, "{\"to\":\"m-2\"}");
    assert_eq!(bad.refused(), (422, "merge_refused".to_owned()));
    let till = shop.call(("POST", "/v1/members/m-3/merge"), "pos", &headers, "{\"into\":\"m-2\"}");
    assert_eq!(till.refused(), (403, "forbidden".to_owned()));
    shop.verify();
}
