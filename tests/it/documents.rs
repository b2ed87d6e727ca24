//! Documents from outside: what is taken can be read again and is the same document.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::{prop_assert, prop_assert_eq, prop_oneof};
use serde_json::{Value, json};
use wire::json::{from_toml, parse};

use crate::properties::check;
use crate::shop::{Answer, Database, Shop, on_both_databases, path, reference};

on_both_databases!(
    names_of_the_library_mean_nothing_at_any_door,
    a_filled_template_is_no_deeper_than_can_be_read
);

const NUMBER: &str = "$serde_json::private::Number";
const RAW: &str = "$serde_json::private::RawValue";

/// A JSON text, and the value that it must be read as; none if it must be refused.
#[derive(Debug, Clone)]
struct Sample {
    text: String,
    value: Option<Value>,
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]",
        1 => any::<String>(),
        1 => Just(NUMBER.to_owned()),
        1 => Just(RAW.to_owned()),
        1 => Just("$serde_json::private::".to_owned()),
        1 => Just("$serde_json".to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = Sample> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?",
    ];
    let text = prop_oneof![any::<String>(), Just("[[1]]".to_owned()), Just("1.5".to_owned())];
    prop_oneof![
        number.prop_map(|text| Sample { value: text.parse().ok().map(Value::Number), text }),
        text.prop_map(|text| Sample { text: json!(text).to_string(), value: Some(Value::String(text)) }),
        Just(Sample { text: "null".to_owned(), value: Some(Value::Null) }),
    ]
}

fn list(entries: &[Sample]) -> Sample {
    let texts: Vec<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
    let values: Option<Vec<Value>> = entries.iter().map(|entry| entry.value.clone()).collect();
    Sample { text: format!("[{}]", texts.join(",")), value: values.map(Value::Array) }
}

fn object(fields: &[(String, Sample)]) -> Sample {
    let texts: Vec<String> =
        fields.iter().map(|(name, field)| format!("{}: {}", json!(name), field.text)).collect();
    let mut value = Some(serde_json::Map::new());
    for (name, field) in fields {
        let is_refused = name.starts_with("$serde_json::private::");
        value = value
            .zip(field.value.clone())
            .filter(|_| !is_refused)
            .and_then(|(mut map, field)| map.insert(name.clone(), field).is_none().then_some(map));
    }
    Sample { text: format!("{{{}}}", texts.join(",")), value: value.map(Value::Object) }
}

fn document() -> impl Strategy<Value = Sample> {
    let nested = scalar().prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|entries| list(&entries)),
            vec((name(), inner), 0..4).prop_map(|fields| object(&fields)),
        ]
    });
    // Deeper than what is read.
    (nested, prop_oneof![9 => Just(0_usize), 1 => 110..140_usize])
        .prop_map(|(sample, deep)| (0..deep).fold(sample, |sample, _| list(&[sample])))
}

#[test]
fn what_is_read_can_be_stored_and_read_again() {
    check(20_000, &document(), |sample| {
        let Ok(read) = parse(&sample.text) else {
            let deep = sample.text.matches(['[', '{']).count() > 100;
            prop_assert!(sample.value.is_none() || deep, "refused without a reason");
            return Ok(());
        };
        prop_assert_eq!(Some(&read), sample.value.as_ref());
        let stored = read.to_string();
        prop_assert_eq!(parse(&stored).ok(), Some(read.clone()));
        prop_assert_eq!(serde_json::from_str::<Value>(&stored).ok(), Some(read), "any reader sees the same");
        Ok(())
    });
}

#[test]
fn a_plan_file_in_toml_has_no_names_of_the_library() {
    let text = format!("[[offers]]\n[offers.params.\"{RAW}\"]\na = 1\n[locale]\n'{NUMBER}' = '1'\n");
    let problems = from_toml(&text).expect_err("refused").listed();
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.pointer.as_str(), problem.code.as_ref())).collect();
    let (raw, number) = (format!("/offers/0/params/{RAW}"), format!("/locale/{NUMBER}"));
    assert_eq!(found.len(), 2, "{found:?}");
    for expected in [(raw.as_str(), "reserved_name"), (number.as_str(), "reserved_name")] {
        assert!(found.contains(&expected), "{found:?}");
    }
}

/// A list in so many lists, as JSON text.
fn deep(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

#[track_caller]
fn is_refused(answer: &Answer, code: &str) {
    assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.text);
    assert!(answer.text.contains(code), "{}", answer.text);
}

fn names_of_the_library_mean_nothing_at_any_door(database: Database) {
    let shop = Shop::open(database);
    let headers = [("Content-Type", "application/json")];
    let hidden = format!(r#"{{"{RAW}":{}}}"#, json!(deep(130)));
    let (left, right) = (r#"{"purchase_id":"late-1","#, reference().to_string());
    let receipt = |attributes: &str| {
        format!(r#"{left}"attributes":{{"a":{attributes}}},{}"#, right.trim_start_matches('{'))
    };
    for hostile in [
        hidden.clone(),
        format!(r#"{{"{NUMBER}":"x"}}"#),
        format!(r#"{{"\u0024{}":"1"}}"#, NUMBER.trim_start_matches('$')),
    ] {
        let rows = receipt(&hostile);
        is_refused(&shop.call(("POST", "/v1/receipts/offline"), "pos", &headers, &rows), "reserved_name");
        is_refused(&shop.call(("POST", &path("p", "calculate")), "pos", &headers, &rows), "reserved_name");
        let member = format!(r#"{{"id":"m-9","attributes":{{"a":{hostile}}}}}"#);
        is_refused(&shop.import("/v1/members/imports", &member), "reserved_name");
        let offer = format!(r#"{{"mechanic":"receipt","params":{{"items":[]}},"note":{hostile}}}"#);
        is_refused(&shop.put("/v1/offers/o", &offer), "reserved_name");
        let template = format!(r#"{{"offer":{offer}}}"#);
        is_refused(&shop.put("/v1/offer-templates/t", &template), "reserved_name");
        let product = format!(r#"{{"type":"product","id":99,"goods_code":"X","attributes":{hostile}}}"#);
        is_refused(&shop.import("/v1/catalog/imports", &product), "reserved_name");
    }
    // A receipt as deep as can be read is taken, and lives as any other.
    let taken = receipt(&deep(120));
    let late = shop.late(&[parse(&taken).expect("a receipt")]);
    assert_eq!(late[0]["status"], "accepted", "{}", late[0]);
    let body = json!({"lines": [{"position": 1, "quantity": "1"}]}).to_string();
    shop.post("/v1/purchases/late-1/returns", "r", &body).accepted();
    assert_eq!(shop.get("/v1/purchases/late-1").accepted()["state"], "confirmed");
}

fn a_filled_template_is_no_deeper_than_can_be_read(database: Database) {
    let shop = Shop::open(database);
    let nested = format!("{}\"${{what}}\"{}", "[".repeat(100), "]".repeat(100));
    let offer = format!(r#"{{"mechanic":"receipt","params":{{"items":[{{"value":"1","note":{nested}}}]}}}}"#);
    shop.put("/v1/offer-templates/deep", &format!(r#"{{"offer":{offer}}}"#)).accepted();
    let row = |levels: usize| {
        format!(r#"{{"template":"deep","external_id":"d","values":{{"what":{}}}}}"#, deep(levels))
    };
    is_refused(&shop.import("/v1/offers/imports?run=true", &row(100)), "recursion");
    is_refused(&shop.import("/v1/offers/imports?run=true", &row(10)), "unknown_field");
}
