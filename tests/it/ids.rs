//! Ids that nothing is stored under, and bodies that cannot be read: one answer on both databases, always a problem
//! document.

use serde_json::{Value, json};

use crate::shop::{Answer, Database, Shop, on_both_databases, path, reference};

on_both_databases!(
    bad_ids_are_refused_at_every_door,
    a_bad_card_or_coupon_never_fails_a_sale,
    refusals_of_the_framework_are_problem_documents,
);

/// Addresses of every resource, with `ID` in the place of an id.
const ADDRESSES: [(&str, &str, &str); 17] = [
    ("pos", "POST", "/v1/purchases/ID/calculate"),
    ("pos", "POST", "/v1/purchases/ID/confirm"),
    ("pos", "GET", "/v1/purchases/ID"),
    ("pos", "POST", "/v1/purchases/ID/returns"),
    ("pos", "POST", "/v1/purchases/p/returns/ID/confirm"),
    ("integration", "POST", "/v1/purchases/ID/replay"),
    ("integration", "GET", "/v1/members/ID"),
    ("integration", "GET", "/v1/members/ID/points"),
    ("integration", "GET", "/v1/members/m-1/attributes/ID/revisions"),
    ("integration", "POST", "/v1/members/m-1/offers/ID/accept"),
    ("integration", "PUT", "/v1/offers/ID"),
    ("integration", "POST", "/v1/offers/ID/run"),
    ("integration", "PUT", "/v1/attributes/ID"),
    ("integration", "PUT", "/v1/audiences/ID"),
    ("integration", "PUT", "/v1/offer-templates/ID"),
    ("integration", "GET", "/v1/members/imports/ID"),
    ("integration", "GET", "/v1/backtests/ID"),
];

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert!(answer.text.contains("urn:offer-host:problem:"), "{}: {}", answer.status, answer.text);
    assert_eq!(answer.refused(), (status, code.to_owned()), "{}", answer.text);
}

/// Code of the first problem of a refused document.
fn first_problem(answer: &Answer) -> String {
    let document = answer.json();
    assert!((400..500).contains(&answer.status), "{document}");
    format!(
        "{} {}",
        document["errors"][0]["pointer"].as_str().unwrap_or_default(),
        document["errors"][0]["code"]
    )
    .replace('"', "")
}

fn bad_ids_are_refused_at_every_door(database: Database) {
    let shop = Shop::open(database);
    let long = "x".repeat(6_000);
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    for (role, method, address) in ADDRESSES {
        for (id, code) in
            [("a%00b", "control_character"), ("%1F", "control_character"), (&long, "id_too_long")]
        {
            let answer = shop.call((method, &address.replace("ID", id)), role, &headers, "{}");
            assert_eq!(answer.refused(), (400, code.to_owned()), "{method} {address}");
        }
    }
    let query = shop.as_integration("GET", "/v1/members/m-1?pos=a%00b", "");
    is_problem(&query, 400, "control_character");

    for (bad, code) in [("a\0b", "control_character"), (long.as_str(), "id_too_long"), (" \u{200b}", "empty")]
    {
        let import = |path: &str, row: Value| first_problem(&shop.import(path, &row.to_string()));
        let member = |name: &str, value: Value| {
            let mut row = json!({"id": "m-2"});
            row[name] = value;
            import("/v1/members/imports", row)
        };
        assert_eq!(member("id", json!(bad)), format!("/0/id {code}"));
        let card = json!([{"kind": "card", "value": bad}]);
        assert_eq!(member("identifiers", card), format!("/0/identifiers/0/value {code}"));
        assert_eq!(member("audiences", json!([bad])), format!("/0/audiences/0 {code}"));
        let attribute = member("attributes", json!({ bad: 1 }));
        assert!(attribute.ends_with(code), "{attribute}");
        let product = json!({"type": "product", "id": 99, "goods_code": bad});
        assert_eq!(import("/v1/catalog/imports", product), format!("/0/goods_code {code}"));
        let offer = json!({"external_id": bad, "mechanic": "receipt", "params": {"items": []}});
        assert_eq!(import("/v1/offers/imports", offer), format!("/0/external_id {code}"));
        let merge = shop.call(
            ("POST", "/v1/members/m-1/merge"),
            "integration",
            &headers,
            &json!({"into": bad}).to_string(),
        );
        assert_eq!(first_problem(&merge), format!("/into {code}"));
        let mut receipt = reference();
        receipt["pos"] = json!(bad);
        let refused =
            shop.call(("POST", &path("p", "calculate")), "pos", &[headers[0]], &receipt.to_string());
        assert_eq!(first_problem(&refused), format!("/pos {code}"));
        let mut late = reference();
        late["purchase_id"] = json!(bad);
        assert_eq!(shop.late(&[late])[0]["code"], code);

        shop.put("/v1/audiences/staff", "{}").accepted();
        let listed = json!({"kind": "card", "value": bad}).to_string();
        assert_eq!(
            first_problem(&shop.import("/v1/audiences/staff/members", &listed)),
            format!("/0/value {code}")
        );
        let rows =
            json!({"identifier_kind": "card", "identifier": bad, "attribute": bad, "value": 1}).to_string();
        let import = shop.import("/v1/attributes/imports", &rows).accepted();
        assert_eq!((&import["state"], &import["refused"]), (&json!("done"), &json!(1)), "{import}");
        let offer = json!({"mechanic": "receipt", "params": {"items": [{"value": "1"}]}, "filters": {"audience": bad}});
        assert_eq!(
            first_problem(&shop.put("/v1/offers/o", &offer.to_string())),
            "/filters/audience unknown_audience"
        );
    }
    assert_eq!(shop.post(&path("p", "confirm"), &long, "").refused().0, 400);
}

fn a_bad_card_or_coupon_never_fails_a_sale(database: Database) {
    let shop = Shop::open(database);
    for (number, bad) in ["a\0b", "\u{1}", &"x".repeat(6_000), " "].into_iter().enumerate() {
        let mut receipt = reference();
        receipt["member"] = json!({"kind": bad, "value": bad});
        receipt["coupons"] = json!([bad]);
        receipt["lines"][0]["goods_id"] = json!(bad);
        let purchase = format!("p-{number}");
        let priced = shop.post(&path(&purchase, "calculate"), &purchase, &receipt.to_string()).accepted();
        let warnings = priced["warnings"].as_array().expect("warnings");
        for code in ["unknown_member", "unknown_coupon", "unknown_goods"] {
            assert!(warnings.iter().any(|warning| warning["code"] == code), "{code}: {priced}");
        }
        shop.post(&path(&purchase, "confirm"), &format!("{purchase}-c"), "").accepted();
    }
    // What a scanner adds is no other card.
    let mut receipt = reference();
    receipt["member"]["value"] = json!("\u{1d}1\r\n");
    let priced = shop.post(&path("q", "calculate"), "q", &receipt.to_string()).accepted();
    assert_eq!(priced["warnings"], json!([]), "{priced}");
    shop.verify();
}

fn refusals_of_the_framework_are_problem_documents(database: Database) {
    let shop = Shop::open_with(database, &[("LIMITS__BODY_BYTES", "2000")]);
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    let call = |method: &str, path: &str, body: &str| shop.call((method, path), "pos", &headers, body);
    for step in ["confirm", "cancel", "calculate", "returns/r/confirm", "returns/r/cancel"] {
        let large = call("POST", &path("p", step), &"x".repeat(3_000));
        is_problem(&large, 413, "body_too_large");
        let binary = shop.send_bytes(&path("p", step), &headers, b"{\"a\":\"\xff\"}");
        assert_eq!(binary.refused(), (400, "malformed_json".to_owned()), "{step}");
        assert!(binary.text.contains("not_utf8"), "{}", binary.text);
    }
    is_problem(&call("GET", "/v1/purchases/%FF", ""), 400, "malformed_query");
    let query = shop.as_admin("GET", "/v1/audit?limit=many", "");
    is_problem(&query, 400, "malformed_query");
    assert!(query.text.contains("limit"), "{}", query.text);
    is_problem(&call("GET", "/v1/nothing", ""), 404, "not_found");
    is_problem(&call("DELETE", "/v1/purchases/p", ""), 405, "method_not_allowed");
    is_problem(
        &shop.call(("POST", &path("p", "calculate")), "pos", &[("Content-Type", "text/plain")], "{}"),
        415,
        "unsupported_media_type",
    );

    // The address of imports is that of an offer and of an attribute, too.
    let offer = json!({"mechanic": "receipt", "params": {"items": [{"value": "1"}]}}).to_string();
    assert_eq!(shop.put("/v1/offers/imports", &offer).accepted()["external_id"], "imports");
    shop.as_integration("POST", "/v1/offers/imports/run", "").accepted();
    assert_eq!(shop.as_integration("GET", "/v1/offers/imports", "").accepted()["state"], "running");
    assert_eq!(shop.put("/v1/attributes/imports", r#"{"type":"int"}"#).accepted()["name"], "imports");
    is_problem(&shop.call(("PUT", "/v1/offers/imports"), "pos", &headers, &offer), 403, "forbidden");
    let member = shop.import("/v1/members/imports", r#"{"id":"imports"}"#);
    assert_eq!(first_problem(&member), "/0/id reserved_id");
}
