//! Identifiers and coupon codes however people and systems spell them.

use serde_json::{Value, json};

use crate::shop::on_both_databases;
use crate::shop::{Answer, Database, Shop, path, reference};
use crate::waiting::wait_for;

on_both_databases!(
    a_member_is_found_however_the_card_is_spelled,
    codes_that_compare_as_one_are_not_live_together,
    what_an_older_release_wrote_is_folded,
);

fn row(id: &str, identifiers: &[(&str, &str)]) -> Value {
    let identifiers: Vec<_> =
        identifiers.iter().map(|(kind, value)| json!({"kind": kind, "value": value})).collect();
    json!({"id": id, "identifiers": identifiers})
}

fn import(shop: &Shop, rows: &[Value]) -> Answer {
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import("/v1/members/imports", &rows.join("\n"))
}

/// True if a till finds a member by this identifier.
fn is_known(shop: &Shop, kind: &str, value: &str) -> bool {
    let mut receipt = reference();
    receipt["member"] = json!({"kind": kind, "value": value});
    let key = format!("{kind} {}", value.escape_unicode());
    let priced = shop.post(&path("p", "calculate"), &key, &receipt.to_string());
    let warnings = priced.accepted()["warnings"].clone();
    !warnings.as_array().expect("warnings").iter().any(|warning| warning["code"] == "unknown_member")
}

fn a_member_is_found_however_the_card_is_spelled(database: Database) {
    let shop = Shop::open(database);
    import(&shop, &[row("m-2", &[("card", "AB-77"), ("email", "Ivan@Example.org"), ("card", "ab-77 ")])])
        .accepted();
    for (kind, value) in [("card", "AB-77"), ("card", " ab-77 \u{a0}"), ("Email", "IVAN@EXAMPLE.ORG")] {
        assert!(is_known(&shop, kind, value), "{kind} {value}");
    }
    let shown = shop.as_integration("GET", "/v1/members/m-2", "").accepted();
    let expected =
        json!([{"kind": "card", "value": "AB-77"}, {"kind": "email", "value": "Ivan@Example.org"}]);
    assert_eq!(shown["identifiers"], expected, "each once, as it was written");

    let taken = import(&shop, &[row("m-3", &[("card", "ab-77")])]);
    assert_eq!(taken.json()["errors"][0]["code"], "identifier_taken", "{}", taken.text);
    let twice = import(&shop, &[row("m-4", &[("card", "x-1")]), row("m-5", &[("card", "X-1")])]);
    assert_eq!(twice.json()["errors"][0]["code"], "duplicate_identifier", "{}", twice.text);

    shop.put("/v1/audiences/staff", "{}").accepted();
    let listed = json!({"kind": "email", "value": "ivan@EXAMPLE.org"}).to_string();
    shop.import("/v1/audiences/staff/members", &listed).accepted();
    let shown = shop.as_integration("GET", "/v1/members/m-2", "").accepted();
    assert_eq!(shown["audiences"], json!(["staff"]));
    shop.verify();
}

fn codes_that_compare_as_one_are_not_live_together(database: Database) {
    let shop = Shop::open(database);
    let offer = |codes: &Value| {
        let params = json!({"items": [{"target": "G2", "method": "percent", "value": "10"}]});
        json!({"title": "t", "mechanic": "product", "params": params, "filters": {"coupons": codes}})
    };
    // Two drafts may have them, until one is live.
    shop.put("/v1/offers/one", &offer(&json!(["SPRING", "May"])).to_string()).accepted();
    shop.put("/v1/offers/two", &offer(&json!(["spring"])).to_string()).accepted();
    shop.as_integration("POST", "/v1/offers/one/run", "").accepted();
    let refused = shop.as_integration("POST", "/v1/offers/two/run", "");
    assert_eq!(refused.refused(), (422, "offer_refused".to_owned()));
    let problem = refused.json()["errors"][0].clone();
    assert_eq!(problem["code"], "equal_codes", "{problem}");
    for place in ["`one`", "/filters/coupons/0"] {
        assert!(problem["detail"].as_str().expect("text").contains(place), "{problem}");
    }
    let refused = shop.put("/v1/offers/three", &offer(&json!(["x", " may"])).to_string());
    let problem = refused.json()["errors"][0].clone();
    assert_eq!(
        (&problem["pointer"], &problem["code"]),
        (&json!("/filters/coupons/1"), &json!("equal_codes"))
    );
    assert!(problem["detail"].as_str().expect("text").contains("/filters/coupons/1"), "{problem}");
    // Spelled alike, a code lets several offers in.
    shop.put("/v1/offers/two", &offer(&json!(["SPRING"])).to_string()).accepted();
    shop.as_integration("POST", "/v1/offers/two/run", "").accepted();
    let mut receipt = reference();
    receipt["coupons"] = json!(["spring "]);
    let priced = shop.post(&path("c", "calculate"), "c", &receipt.to_string()).accepted();
    assert_eq!(priced["lines"][1]["offers"][0]["offer"], "one", "{priced}");
    assert_eq!(priced["not_applied"][0]["reason"], "lost_to", "both are let in: {priced}");
    let warnings = priced["warnings"].as_array().expect("warnings");
    assert!(!warnings.iter().any(|warning| warning["code"] == "unknown_coupon"), "{priced}");

    // A purchase from before codes were folded is replayed as it was calculated.
    let replayed = || shop.as_integration("POST", &path("c", "replay"), "").accepted()["identical"].clone();
    assert_eq!(replayed(), json!(true));
    shop.sql(
        "UPDATE purchases SET inputs = replace(inputs, '\"folded_codes\":true', '\"folded_codes\":false')",
    );
    assert_eq!(replayed(), json!(false));
}

fn what_an_older_release_wrote_is_folded(database: Database) {
    let shop = Shop::open(database);
    import(&shop, &[row("m-2", &[("card", "AB-77")]), row("m-3", &[("card", "CD-1")])]).accepted();
    shop.kill();
    shop.sql(
        "INSERT INTO member_identifiers (kind, value, member_id, ordinal) VALUES ('card', 'cd-1', 'm-2', 1)",
    );
    shop.sql("UPDATE member_identifiers SET compared_kind = NULL, compared_value = NULL");
    shop.start();
    assert!(is_known(&shop, "card", "AB-77"), "at once, as it was written");
    let told = wait_for("it is told", || {
        Some(shop.as_admin("GET", "/v1/audit?limit=1000", "").text)
            .filter(|log| log.contains("identifiers.shared"))
    });
    assert!(told.contains("m-2") && told.contains("m-3"), "{told}");
    assert!(is_known(&shop, "card", "ab-77 "));
}
