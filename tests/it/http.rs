//! The service from outside: the real binary, real HTTP, a database file.

mod host;

use serde_json::{Value, json};
use tests::workspace;

use host::{Answer, Host};

const CALCULATE: &str = "/v1/purchases/p-1/calculate";

fn demo(name: &str) -> String {
    let path = workspace::root().join("xtask/demo").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A host with the store of the demo, its integration key and its till key.
fn loaded() -> (Host, String, String) {
    let host = Host::start();
    let (integration, till) = (host.key("integration"), host.key("pos"));
    let key = Some(integration.as_str());
    accepted(host.post_as("/v1/catalog/imports", key, "application/x-ndjson", &demo("catalog.ndjson")));
    accepted(host.put("/v1/attributes/my-offers", key, r#"{"type":"json"}"#));
    accepted(host.post_as("/v1/members/imports", key, "application/x-ndjson", &demo("members.ndjson")));
    let offers: Vec<Value> = serde_json::from_str(&demo("offers.json")).expect("offers");
    for offer in offers {
        let path = format!("/v1/offers/{}", offer["external_id"].as_str().expect("an id"));
        accepted(host.put(&path, key, &offer.to_string()));
        accepted(host.post(&format!("{path}/run"), key, ""));
    }
    (host, integration, till)
}

fn accepted(answer: Answer) -> Value {
    assert!((200..300).contains(&answer.status), "{}: {}", answer.status, answer.text);
    answer.json()
}

/// The errors of a refusal: pointer and code.
fn errors(answer: &Answer) -> Vec<(String, String)> {
    let document = answer.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let errors = document["errors"].as_array().expect("errors");
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[test]
fn the_reference_receipt_is_priced_and_survives_a_restart() {
    let (mut host, integration, till) = loaded();
    let answer = host.post(CALCULATE, Some(&till), &demo("receipt.json"));
    let priced = accepted(answer);
    // Coffee 15 % 104.97; Dairy 20 %: cheese 90.53, milk 53.99 clamped to the room of 29.97.
    let discounts: Vec<_> =
        priced["lines"].as_array().expect("lines").iter().map(|l| &l["discount"]).collect();
    assert_eq!(discounts, ["104.97", "90.53", "0.00", "29.97"], "{priced}");
    assert_eq!(priced["totals"]["points_paid"], "300.00", "{priced}");
    assert_eq!(priced["warnings"], json!([]), "{priced}");

    let stored = accepted(host.get("/v1/purchases/p-1", Some(&till)));
    assert_eq!(stored["result"], priced);
    assert_eq!(stored["member_id"], "m-1");
    assert_eq!(stored["state"], "calculated");

    let plan = accepted(host.get("/v1/plan", Some(&integration)));
    assert_eq!(plan["plan"], priced["plan"]);
    host.restart();
    assert_eq!(accepted(host.get("/v1/plan", Some(&integration))), plan);
    assert_eq!(accepted(host.get("/v1/purchases/p-1", Some(&till))), stored);
    let again = host.post(CALCULATE, Some(&till), &demo("receipt.json"));
    assert_eq!(accepted(again), priced, "the same receipt, the same answer");
}

#[test]
fn the_command_line_answers_the_same_bytes() {
    let (host, _, till) = loaded();
    let served = host.post(CALCULATE, Some(&till), &demo("receipt.json"));

    let folder = tempfile::tempdir().expect("a folder");
    let (plan, receipt) = (folder.path().join("plan.json"), folder.path().join("receipt.json"));
    std::fs::write(&plan, demo_plan().to_string()).expect("the plan is written");
    let mut document: Value = serde_json::from_str(&demo("receipt.json")).expect("a receipt");
    document["purchase_id"] = json!("p-1");
    std::fs::write(&receipt, document.to_string()).expect("the receipt is written");
    let binary = workspace::offer_host().expect("the binary");
    let output = std::process::Command::new(binary)
        .args(["calculate".as_ref(), "--plan".as_ref(), plan.as_os_str(), receipt.as_os_str()])
        .output()
        .expect("the command runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), served.text);
}

/// The demo's documents as one plan file.
fn demo_plan() -> Value {
    let rows = |name: &str| -> Vec<Value> {
        demo(name).lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
    };
    let catalog = rows("catalog.ndjson");
    let of_type = |kind: &str| -> Vec<&Value> { catalog.iter().filter(|row| row["type"] == kind).collect() };
    let offers: Value = serde_json::from_str(&demo("offers.json")).expect("offers");
    json!({
        "currency": {"code": "RUB", "exponent": 2},
        "catalog": {
            "categories": of_type("category"), "products": of_type("product"), "groups": of_type("group"),
            "classes": of_type("class"), "pos": of_type("pos"),
        },
        "members": rows("members.ndjson"),
        "offers": offers,
    })
}

#[test]
fn an_unknown_member_is_a_warning() {
    let (host, _, till) = loaded();
    let mut receipt: Value = serde_json::from_str(&demo("receipt.json")).expect("a receipt");
    receipt["member"]["value"] = json!("no-such-card");
    receipt["pay_points"] = Value::Null;
    let priced = accepted(host.post(CALCULATE, Some(&till), &receipt.to_string()));
    let codes: Vec<_> = priced["warnings"].as_array().expect("warnings").iter().map(|w| &w["code"]).collect();
    assert!(codes.contains(&&json!("unknown_member")), "{priced}");
    assert_eq!(priced["lines"][1]["discount"], "90.53", "open offers still pay: {priced}");
}

#[test]
fn a_malformed_receipt_is_refused_with_pointers() {
    let (host, _, till) = loaded();
    let mut receipt: Value = serde_json::from_str(&demo("receipt.json")).expect("a receipt");
    receipt["lines"][1]["position"] = json!(1);
    receipt["lines"][2]["quantity"] = json!("-1");
    receipt["lines"][3]["amount"] = json!("many");
    let answer = host.post(CALCULATE, Some(&till), &receipt.to_string());
    assert_eq!((answer.status, answer.problem()), (422, "receipt_refused".to_owned()));
    let places: Vec<_> = errors(&answer).into_iter().map(|(pointer, _)| pointer).collect();
    for place in ["/lines/1/position", "/lines/2/quantity", "/lines/3/amount"] {
        assert!(places.iter().any(|found| found == place), "{place} is not among {places:?}");
    }
    assert_eq!(host.get("/v1/purchases/p-1", Some(&till)).status, 404, "nothing was stored");
}

#[test]
fn refusals_are_problem_documents() {
    let host = Host::start_with(&[("OFFER_HOST__LIMITS__BODY_BYTES", "1000")]);
    let (till, integration) = (host.key("pos"), host.key("integration"));
    let till = Some(till.as_str());
    let integration = Some(integration.as_str());
    let large = format!("\"{}\"", "x".repeat(1000));
    let cases: [(&str, Answer, u16, &str); 11] = [
        ("no key", host.post(CALCULATE, None, "{}"), 401, "unauthorized"),
        ("a made-up key", host.post(CALCULATE, Some("oh_1"), "{}"), 401, "key_unknown"),
        ("another role", host.put("/v1/offers/o", till, "{}"), 403, "forbidden"),
        ("a till may not import", host.post("/v1/catalog/imports", till, ""), 403, "forbidden"),
        ("no such address", host.get("/v1/nothing", till), 404, "not_found"),
        ("no such purchase", host.get("/v1/purchases/none", till), 404, "not_found"),
        ("no such offer", host.post("/v1/offers/none/run", integration, ""), 404, "not_found"),
        ("no such method", host.delete(CALCULATE, till), 405, "method_not_allowed"),
        ("too large", host.post(CALCULATE, till, &large), 413, "body_too_large"),
        (
            "not JSON by type",
            host.post_as(CALCULATE, till, "text/plain", "{}"),
            415,
            "unsupported_media_type",
        ),
        ("not JSON", host.post(CALCULATE, till, "{"), 400, "malformed_json"),
    ];
    for (what, answer, status, code) in cases {
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{what}: {}", answer.text);
        assert_eq!(answer.retry_after, None, "{what}");
    }
    let query = host.post("/v1/catalog/imports?mode=half", integration, "");
    assert_eq!((query.status, query.problem().as_str()), (400, "malformed_query"));
}

#[test]
fn an_admin_may_do_everything() {
    let host = Host::start();
    let admin = host.key("admin");
    assert_eq!(host.get("/v1/offers", Some(&admin)).status, 200);
    assert_eq!(host.get("/v1/purchases/none", Some(&admin)).status, 404);
}

#[test]
fn an_import_with_a_problem_is_refused_whole() {
    let (host, integration, _) = loaded();
    let key = Some(integration.as_str());
    let before = accepted(host.get("/v1/plan", key));
    let rows = [
        r#"{"type":"product","goods_code":"G9","name":"Tea","category":"COFFEE"}"#,
        r#"{"type":"product","goods_code":"G10","name":"Cocoa","category":"NOWHERE"}"#,
        r#"{"type":"product","goods_code":"G11","floor_price":"1.234"}"#,
    ];
    let answer = host.post_as("/v1/catalog/imports", key, "application/x-ndjson", &rows.join("\n"));
    assert_eq!((answer.status, answer.problem()), (422, "import_refused".to_owned()));
    let mut places: Vec<_> = errors(&answer).into_iter().map(|(pointer, _)| pointer).collect();
    places.sort();
    assert_eq!(places, ["/1/category", "/2/floor_price"].map(str::to_owned), "{}", answer.text);
    assert_eq!(accepted(host.get("/v1/plan", key)), before);

    // A full import drops the category of an offer that is live: the offer is named.
    let row = r#"{"type":"product","goods_code":"G9","name":"Tea"}"#;
    let answer = host.post_as("/v1/catalog/imports?mode=full", key, "application/x-ndjson", row);
    assert_eq!((answer.status, answer.problem()), (422, "import_refused".to_owned()));
    assert!(answer.text.contains("dairy-20"), "{}", answer.text);
    assert_eq!(accepted(host.get("/v1/plan", key)), before);
}

#[test]
fn an_edit_of_an_offer_is_a_new_version() {
    let (host, integration, till) = loaded();
    let key = Some(integration.as_str());
    let path = "/v1/offers/coffee-15";
    let offers: Vec<Value> = serde_json::from_str(&demo("offers.json")).expect("offers");
    let mut offer = offers[0].clone();
    assert_eq!(accepted(host.put(path, key, &offer.to_string()))["version"], 1, "nothing changed");
    offer["params"]["items"][0]["value"] = json!("10");
    let edited = accepted(host.put(path, key, &offer.to_string()));
    assert_eq!((&edited["version"], &edited["state"]), (&json!(2), &json!("draft")));
    let run = accepted(host.post(&format!("{path}/run"), key, ""));
    assert_eq!((&run["version"], &run["state"]), (&json!(2), &json!("running")));
    let priced = accepted(host.post(CALCULATE, Some(&till), &demo("receipt.json")));
    assert_eq!(priced["lines"][0]["discount"], "69.98", "{priced}");
    assert_eq!(priced["lines"][0]["offers"][0]["version"], 2, "{priced}");

    offer["params"]["items"][0]["value"] = json!("101");
    let refused = host.put(path, key, &offer.to_string());
    assert_eq!((refused.status, refused.problem()), (422, "offer_refused".to_owned()));
    assert_eq!(errors(&refused)[0].0, "/params/items/0/value");

    assert_eq!(accepted(host.post(&format!("{path}/stop"), key, ""))["state"], "stopped");
    let priced = accepted(host.post(CALCULATE, Some(&till), &demo("receipt.json")));
    assert_eq!(priced["lines"][0]["discount"], "0.00", "{priced}");
}

#[test]
fn an_identifier_belongs_to_one_member() {
    let (host, integration, _) = loaded();
    let row = r#"{"id":"m-2","identifiers":[{"kind":"card","value":"7700001"}]}"#;
    let answer = host.post_as("/v1/members/imports", Some(&integration), "application/x-ndjson", row);
    assert_eq!((answer.status, answer.problem()), (422, "import_refused".to_owned()));
    assert_eq!(errors(&answer), [("/0/identifiers/0".to_owned(), "identifier_taken".to_owned())]);
}

#[test]
fn everyone_may_look_at_these() {
    let host = Host::start();
    for (path, media_type, part) in [
        ("/healthz", "text/plain; charset=utf-8", "ok"),
        ("/readyz", "text/plain; charset=utf-8", "ready"),
        ("/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", "offer_host_requests"),
        ("/docs", "text/html; charset=utf-8", "/v1/purchases/{purchase_id}/calculate"),
        ("/docs", "text/html; charset=utf-8", "href=\"/v1/schemas/offer\""),
    ] {
        let answer = host.get(path, None);
        assert_eq!((answer.status, answer.media_type.as_str()), (200, media_type), "{path}");
        assert!(answer.text.contains(part), "{path}: {}", answer.text);
        assert!(!answer.text.contains("https://"), "{path} loads something from elsewhere");
    }
}

#[test]
fn the_api_document_names_the_main_addresses() {
    let host = Host::start();
    let document = accepted(host.get("/openapi.json", None));
    for (method, path) in [
        ("post", CALCULATE.replace("p-1", "{purchase_id}")),
        ("get", "/v1/purchases/{purchase_id}".to_owned()),
        ("get", "/v1/purchases".to_owned()),
        ("get", "/v1/purchases/{purchase_id}/offers/{offer}".to_owned()),
        ("post", "/v1/catalog/imports".to_owned()),
        ("post", "/v1/members/imports".to_owned()),
        ("put", "/v1/attributes/{name}".to_owned()),
        ("put", "/v1/offers/{external_id}".to_owned()),
        ("get", "/v1/offers".to_owned()),
        ("post", "/v1/offers/{external_id}/run".to_owned()),
        ("post", "/v1/offers/{external_id}/stop".to_owned()),
        ("post", "/v1/offers/{external_id}/approve".to_owned()),
        ("post", "/v1/offers/{external_id}/archive".to_owned()),
        ("get", "/v1/offers/{external_id}".to_owned()),
        ("get", "/v1/offers/public".to_owned()),
        ("get", "/v1/members/{member_id}/offers".to_owned()),
        ("get", "/v1/members/{member_id}/recommendations".to_owned()),
        ("post", "/v1/offers/imports".to_owned()),
        ("put", "/v1/offer-templates/{name}".to_owned()),
        ("get", "/v1/offer-templates/{name}".to_owned()),
        ("get", "/v1/offer-templates".to_owned()),
        ("put", "/v1/coupon-pools/{name}".to_owned()),
        ("get", "/v1/coupon-pools/{name}".to_owned()),
        ("post", "/v1/coupon-pools/{name}/codes".to_owned()),
        ("post", "/v1/coupon-pools/{name}/issue".to_owned()),
        ("get", "/v1/coupons/{code}".to_owned()),
        ("get", "/collect.js".to_owned()),
        ("get", "/v1/mailings/{name}/attribution".to_owned()),
        ("post", "/v1/collect".to_owned()),
        ("post", "/v1/consents".to_owned()),
        ("post", "/v1/events".to_owned()),
        ("put", "/v1/segments/{name}".to_owned()),
        ("get", "/v1/segments/{name}".to_owned()),
        ("delete", "/v1/segments/{name}".to_owned()),
        ("get", "/v1/segments".to_owned()),
        ("post", "/v1/segments/preview".to_owned()),
        ("get", "/v1/rfm".to_owned()),
        ("post", "/v1/number-ranges/imports".to_owned()),
        ("post", "/v1/suppressions".to_owned()),
        ("get", "/v1/mailings".to_owned()),
        ("get", "/v1/mailings/{name}".to_owned()),
        ("put", "/v1/mailings/{name}".to_owned()),
        ("post", "/v1/mailings/{name}/dry-run".to_owned()),
        ("get", "/v1/mailings/{name}/messages".to_owned()),
        ("post", "/v1/mailings/{name}/pause".to_owned()),
        ("get", "/v1/mailings/{name}/preview".to_owned()),
        ("post", "/v1/mailings/{name}/resume".to_owned()),
        ("post", "/v1/mailings/{name}/send-again".to_owned()),
        ("post", "/v1/mailings/{name}/start".to_owned()),
        ("get", "/v1/mailings/{name}/statistics".to_owned()),
        ("post", "/v1/mailings/{name}/stop".to_owned()),
        ("post", "/v1/mailings/{name}/test".to_owned()),
        ("get", "/v1/channels/{name}".to_owned()),
        ("put", "/v1/channels/{name}".to_owned()),
        ("post", "/v1/channels/{name}/test".to_owned()),
        ("post", "/v1/channels/{name}/receipts".to_owned()),
        ("get", "/v1/members/{member_id}/messages".to_owned()),
        ("post", "/v1/members/{member_id}/messages/{message_id}/read".to_owned()),
        ("get", "/t/{token}".to_owned()),
        ("get", "/o/{token}".to_owned()),
        ("get", "/u/{token}".to_owned()),
        ("post", "/u/{token}".to_owned()),
        ("get", "/v1/chains".to_owned()),
        ("get", "/v1/chains/{name}".to_owned()),
        ("put", "/v1/chains/{name}".to_owned()),
        ("post", "/v1/chains/{name}/publish".to_owned()),
        ("post", "/v1/chains/{name}/stop".to_owned()),
        ("get", "/v1/chains/{name}/statistics".to_owned()),
        ("get", "/v1/chains/{name}/attribution".to_owned()),
        ("get", "/v1/chains/{name}/runs".to_owned()),
        ("get", "/v1/message-templates".to_owned()),
        ("put", "/v1/message-templates/{name}".to_owned()),
        ("get", "/v1/message-templates/{name}".to_owned()),
        ("post", "/v1/message-templates/{name}/preview".to_owned()),
        ("get", "/v1/offers/{external_id}/promises".to_owned()),
        ("put", "/v1/surveys/{name}".to_owned()),
        ("get", "/v1/surveys/{name}".to_owned()),
        ("get", "/s/{token}".to_owned()),
        ("post", "/s/{token}".to_owned()),
        ("get", "/v1/members/{member_id}/profile".to_owned()),
        ("delete", "/v1/members/{member_id}/profile".to_owned()),
        ("get", "/v1/plan".to_owned()),
        ("get", "/v1/schemas/offer".to_owned()),
        ("get", "/v1/mechanics".to_owned()),
        ("get", "/v1/results/export".to_owned()),
        ("get", "/v1/keys".to_owned()),
        ("post", "/v1/keys".to_owned()),
        ("delete", "/v1/keys/{id}".to_owned()),
        ("post", "/v1/members/{member_id}/tokens".to_owned()),
    ] {
        assert!(document["paths"][&path][method].is_object(), "{method} {path} is missing");
    }
}
