//! Calculations that arrive in another order than the till sent them, and confirmations that say what they confirm.

use serde_json::{Value, json};
use tests::workspace;

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, member, paid_with, path, reference};

on_both_databases!(
    a_late_calculation_replaces_nothing,
    a_count_may_be_repeated_or_missing,
    a_confirmation_names_what_the_customer_saw,
    a_confirmation_is_read_as_a_document,
    the_command_line_answers_with_the_same_bytes,
);

/// The reference receipt as the till's calculation of this number, with only its first lines.
fn numbered(sequence: &Value, lines: usize) -> Value {
    let mut receipt = reference();
    receipt["lines"].as_array_mut().expect("lines").truncate(lines);
    receipt["sequence"] = sequence.clone();
    receipt
}

fn calculate(shop: &Shop, key: &str, receipt: &Value) -> Answer {
    shop.post(&path("p", "calculate"), key, &receipt.to_string())
}

fn confirm(shop: &Shop, key: &str, body: &Value) -> Answer {
    shop.post(&path("p", "confirm"), key, &body.to_string())
}

fn outdated() -> (u16, String) {
    (409, "calculation_outdated".to_owned())
}

/// The first calculation is delayed on its way, and arrives after the second one.
fn a_late_calculation_replaces_nothing(database: Database) {
    let shop = Shop::open(database);
    let second = calculate(&shop, "c-2", &numbered(&json!(2), 4)).accepted();
    let first = calculate(&shop, "c-1", &numbered(&json!(1), 1));
    assert_eq!(first.refused(), outdated());
    assert!(first.json()["detail"].as_str().is_some_and(|text| text.contains('1') && text.contains('2')));
    assert_eq!(shop.get("/v1/purchases/p").accepted()["result"], second);
    let third = calculate(&shop, "c-3", &numbered(&json!(3), 3)).accepted();
    assert_eq!(calculate(&shop, "c-2 again", &numbered(&json!(2), 4)).refused(), outdated());
    // A call that was answered gets its answer again, which replaces nothing either.
    assert_eq!(calculate(&shop, "c-2", &numbered(&json!(2), 4)).accepted(), second);
    let confirmed = confirm(&shop, "k", &json!({"calculation": third["calculation"]})).accepted();
    assert_eq!(confirmed["totals"], third["totals"]);
    shop.verify();
}

fn a_count_may_be_repeated_or_missing(database: Database) {
    let shop = Shop::open(database);
    calculate(&shop, "c-1", &numbered(&json!(5), 1)).accepted();
    // The receipt is the same, and what the member may get has changed meanwhile.
    let coffee = json!({"items": [{"target": "G1", "method": "percent", "value": "20"}]});
    shop.run_offer("coffee-15", &json!({"mechanic": "product", "params": coffee}));
    let again = calculate(&shop, "c-2", &numbered(&json!(5), 1)).accepted();
    assert_eq!(again["totals"]["discount"], "139.96");
    // A calculation without a count replaces, and does not let an older one in.
    let uncounted = calculate(&shop, "c-3", &numbered(&json!(null), 2)).accepted();
    assert_eq!(shop.get("/v1/purchases/p").accepted()["result"], uncounted);
    assert_eq!(calculate(&shop, "c-4", &numbered(&json!(4), 1)).refused(), outdated());
    for (sequence, code) in
        [(json!(-1), "out_of_range"), (json!("6"), "wrong_type"), (json!(1.5), "wrong_type")]
    {
        let refused = calculate(&shop, &format!("c {sequence}"), &numbered(&sequence, 1));
        assert_eq!(refused.refused(), (422, "receipt_refused".to_owned()), "{sequence}");
        let problem = &refused.json()["errors"][0];
        assert_eq!((&problem["pointer"], &problem["code"]), (&json!("/sequence"), &json!(code)));
    }
    shop.verify();
}

fn a_confirmation_names_what_the_customer_saw(database: Database) {
    let shop = Shop::open(database);
    let first = calculate(&shop, "c-1", &paid_with("300.00")).accepted();
    let again = calculate(&shop, "c-1 again", &paid_with("300.00")).accepted();
    assert_eq!(first["calculation"], again["calculation"], "it is the same receipt with the same result");
    let second = calculate(&shop, "c-2", &reference()).accepted();
    let id = |answer: &Value| answer["calculation"].as_str().expect("an id").to_owned();
    assert_ne!(id(&first), id(&second));
    let points = shop.points();
    for (number, (named, pointers)) in [
        (json!({"calculation": id(&first)}), vec!["/calculation"]),
        (json!({"payable": first["totals"]["payable"]}), vec!["/payable"]),
        (
            json!({"calculation": id(&first), "payable": first["totals"]["payable"]}),
            vec!["/calculation", "/payable"],
        ),
        (json!({"calculation": id(&second), "payable": "0.01"}), vec!["/payable"]),
    ]
    .into_iter()
    .enumerate()
    {
        let replaced = confirm(&shop, &format!("k-{number}"), &named);
        assert_eq!(replaced.refused(), (409, "calculation_replaced".to_owned()), "{named}");
        let document = replaced.json();
        let errors = document["errors"].as_array().expect("both sides");
        let found: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().expect("a place")).collect();
        assert_eq!(found, pointers, "{document}");
        let text = document.to_string();
        for side in [&named["calculation"], &second["totals"]["payable"], &second["calculation"]] {
            assert!(side.is_null() || text.contains(side.as_str().expect("text")), "{side} is not in {text}");
        }
    }
    assert_eq!(shop.points(), points, "nothing has moved");
    // Zeros at the end do not matter, and other fields are only warned about.
    let payable = format!("{}00", second["totals"]["payable"].as_str().expect("a sum"));
    let named = json!({"calculation": id(&second), "payable": payable, "payble": "1.00", "till": 7});
    let confirmed = confirm(&shop, "k", &named).accepted();
    let unused = |detail: &str| json!({"code": "unknown_field", "detail": detail});
    let warnings =
        json!([unused("`payble` is not used; did you mean `payable`?"), unused("`till` is not used")]);
    assert_eq!(confirmed["warnings"], warnings);
    assert_eq!(confirmed["calculation"], second["calculation"]);
    assert_eq!(confirm(&shop, "another k", &named).accepted(), confirmed);
    let other = confirm(&shop, "a third k", &json!({"calculation": id(&first)}));
    assert_eq!(other.refused(), (409, "calculation_replaced".to_owned()), "another one is confirmed");
    shop.verify();
}

fn a_confirmation_is_read_as_a_document(database: Database) {
    let shop = Shop::open(database);
    calculate(&shop, "c", &reference()).accepted();
    for (number, (body, status, code)) in [
        ("{", 400, "malformed_json"),
        ("[]", 422, "confirmation_refused"),
        (r#"{"calculation":1}"#, 422, "confirmation_refused"),
        (r#"{"payable":"1.234"}"#, 422, "confirmation_refused"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = shop.post(&path("p", "confirm"), &format!("k-{number}"), body);
        assert_eq!(answer.refused(), (status, code.to_owned()), "{body}");
    }
    confirm(&shop, "k", &json!({})).accepted();
}

/// The shop as a plan file.
fn plan_file() -> Value {
    let catalog = std::fs::read_to_string(workspace::root().join("xtask/demo/catalog.ndjson"));
    let mut lists = json!({"categories": [], "products": [], "groups": [], "classes": [], "pos": []});
    for row in catalog.expect("the catalogue of the demo").lines() {
        let mut row: Value = serde_json::from_str(row).expect("a row");
        let kind = row.as_object_mut().expect("an object").remove("type").expect("a type");
        let list = match kind.as_str().expect("text") {
            "category" => "categories",
            "class" => "classes",
            "pos" => "pos",
            kind => &format!("{kind}s"),
        };
        lists[list].as_array_mut().expect("a list").push(row);
    }
    let coffee = json!({"items": [{"target": "G1", "method": "percent", "value": "15"}]});
    let points = json!({"reward": "points", "items": [{"method": "percent", "value": "5"}]});
    json!({
        "currency": {"code": "RUB", "exponent": 2, "rounding": "half_up"},
        "points": {"exponent": 2, "rounding": "half_up", "burn": {"rate": "1", "max_percent": "50"}},
        "caps": {"receipt_max_percent": "100"}, "locale": "en",
        "catalog": lists, "members": [member("1000.00")],
        "offers": [
            {"external_id": "coffee-15", "title": "coffee-15", "mechanic": "product", "params": coffee},
            {
                "external_id": "points-5", "title": "points-5", "mechanic": "receipt", "params": points,
                "stacking": {"mode": "cumulative"},
            },
        ],
    })
}

fn the_command_line_answers_with_the_same_bytes(database: Database) {
    let shop = Shop::open(database);
    let mut receipt = paid_with("300.00");
    receipt["explain"] = json!(true);
    let answer = calculate(&shop, "c", &receipt);
    answer.accepted();
    receipt["purchase_id"] = json!("p");
    let output = shop.calculate(&plan_file(), &receipt);
    assert_eq!(output, answer.text);
    assert!(output.contains(r#","calculation":""#), "{output}");
    the_page_for_tills_is_true(&shop);
}

/// docs/till.md: its receipt comes to its answer.
fn the_page_for_tills_is_true(shop: &Shop) {
    let page = std::fs::read_to_string(workspace::root().join("docs/till.md")).expect("the page");
    let mut documents = page.split("```json\n").skip(1).map(|rest| {
        let (text, _) = rest.split_once("```").expect("the end of a block");
        serde_json::from_str::<Value>(text).expect("JSON")
    });
    let (mut receipt, shown) = (documents.next().expect("a receipt"), documents.next().expect("an answer"));
    receipt["purchase_id"] = json!("p");
    let answer = serde_json::from_str(&shop.calculate(&plan_file(), &receipt)).expect("an answer");
    is_shown(&shown, &answer);
}

/// The fields that a page shows are those of the answer; of a text that is cut off, its beginning.
fn is_shown(shown: &Value, answer: &Value) {
    match (shown, answer) {
        (Value::Object(fields), _) => {
            for (name, field) in fields {
                is_shown(field, &answer[name]);
            }
        }
        (Value::Array(shown), Value::Array(all)) => {
            assert_eq!(shown.len(), all.len(), "{all:?}");
            for (shown, entry) in shown.iter().zip(all) {
                is_shown(shown, entry);
            }
        }
        (Value::String(text), Value::String(whole)) if text.ends_with('…') => {
            assert!(whole.starts_with(text.trim_end_matches('…')), "{whole} for {text}");
        }
        _ => assert_eq!(shown, answer),
    }
}
