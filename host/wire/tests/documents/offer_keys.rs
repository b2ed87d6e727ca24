//! The keys of the offer document: the reader, its JSON Schema, and the refusal of keys that are not in either.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wire::offer::SCHEMA;
use wire::plan::build;

use crate::store::{mechanics, plan_with_offer, put};

/// An offer with an object at every place where there may be one.
fn full() -> Value {
    let goods = json!({"products": ["G1"]});
    json!({
        "external_id": "o", "mechanic": "ml",
        "params": {
            "items": [{"target": "G1", "value": "15", "unit_price": {"from": "1"}}],
            "reward": "discount", "id_space": "external", "exclude": goods,
        },
        "filters": {
            "period": {"start": "2026-11-01"}, "hours": {"from": "08:00"}, "audience": {"include": "a"},
            "receipt": {"from": "1"}, "contains": goods,
        },
        "stacking": {"mode": "exclusive"},
        "limits": [{"per": "member", "uses": 1}],
        "control_group": {"percent": "10"},
        "exploration": {"percent": "5"},
        "messages": {"receipt": "Thanks"},
        "promo": {"title": "Coffee"},
    })
}

/// The names in backquotes of a text.
fn names(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Pointers of all objects in a value.
fn objects(value: &Value, pointer: &str) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| objects(field, &format!("{pointer}/{name}"))).collect()
        }
        Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| objects(entry, &format!("{pointer}/{index}")))
            .collect(),
        _ => Vec::new(),
    };
    let own = value.is_object().then(|| pointer.to_owned());
    own.into_iter().chain(below).collect()
}

/// The part of the schema that a pointer into an offer is described by.
fn part(schema: &Value, pointer: &str) -> Value {
    let resolved = |mut part: Value| {
        while let Some(target) = part["$ref"].as_str() {
            part = schema.pointer(target.trim_start_matches('#')).expect("a definition").clone();
        }
        part
    };
    let mut part = schema.clone();
    for step in pointer.split('/').skip(1) {
        part = resolved(part);
        let object =
            |part: &Value| part["oneOf"].as_array()?.iter().find(|one| one["type"] == "object").cloned();
        part = match step.parse::<usize>() {
            Ok(_) => part["items"].clone(),
            Err(_) => part["properties"][step].clone(),
        };
        part = resolved(part);
        part = object(&part).unwrap_or(part);
    }
    assert!(part.is_object(), "the schema has nothing at {pointer}");
    part
}

#[test]
fn the_reader_and_the_schema_know_the_same_keys() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let places = objects(&full(), "");
    assert_eq!(places.len(), 17, "{places:?}");
    for place in places {
        let document = plan_with_offer(|offer| {
            *offer = full();
            put(offer, &format!("{place}/zzzzzzzz"), json!(1));
        });
        let found = build(&document, mechanics()).expect_err("an unknown key").listed();
        let detail =
            &found.iter().find(|problem| problem.code == "unknown_field").expect("it is refused").detail;
        let (_, known) = detail.split_once("(known: ").unwrap_or_else(|| panic!("{detail}"));
        let described = part(&schema, &place)["properties"].as_object().expect("properties").clone();
        assert_eq!(names(known), described.into_iter().map(|(name, _)| name).collect(), "{place}");
    }
}

#[test]
fn the_reader_and_the_schema_know_the_same_words() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    for place in [
        "/stacking/mode",
        "/stacking/base",
        "/limits/0/per",
        "/limits/0/period",
        "/on_fault",
        "/params/reward",
        "/params/id_space",
        "/params/items/0/reward",
        "/params/items/0/method",
        "/params/items/0/target_kind",
        "/params/items/0/pick",
        "/filters/member_state",
        "/filters/receipt/base",
        "/filters/receipt/operator",
    ] {
        let document = plan_with_offer(|offer| {
            *offer = full();
            put(offer, place, json!("zzzzzzzz"));
        });
        let found = build(&document, mechanics()).expect_err("an unknown word").listed();
        let problem = found.iter().find(|problem| problem.code == "unknown_value").expect("it is refused");
        let (_, known) = problem.detail.split_once(" is none of ").expect("a list");
        let words = part(&schema, place)["enum"].as_array().expect("an enum").clone();
        let words: BTreeSet<String> =
            words.iter().map(|word| word.as_str().expect("a text").to_owned()).collect();
        assert_eq!(names(known), words, "{place}");
    }
}

#[test]
fn a_key_at_the_wrong_place_is_told_its_own() {
    for (place, meant) in [
        ("/audience", "did you mean `filters.audience`?"),
        ("/priority", "did you mean `stacking.priority`?"),
        ("/start", "did you mean `filters.period.start` or `params.items[].start`?"),
        ("/end", "did you mean `filters.period.end` or `params.items[].end`?"),
        ("/percent", "did you mean `params.items[].value`?"),
        ("/audiense", "did you mean `filters.audience`?"),
        ("/filters/priority", "did you mean `stacking.priority`?"),
        ("/filters/period/from", "did you mean `start`?"),
        ("/filters/period/to", "did you mean `end`?"),
        ("/filters/weekday", "did you mean `weekdays`?"),
        ("/stacking/audience", "did you mean `filters.audience`?"),
        ("/limits/0/use", "did you mean `uses`?"),
        ("/params/value", "did you mean `params.items[].value`?"),
        ("/params/items/0/uses", "did you mean `limits[].uses`?"),
        ("/params/items/0/max_unit", "did you mean `max_units`?"),
        ("/params/items/0/buy", "`buy` is not known here (known: `target`"),
        ("/params/items/0/pay", "`pay` is not known here (known: `target`"),
    ] {
        let document = plan_with_offer(|offer| {
            *offer = full();
            put(offer, place, json!("x"));
        });
        let found = build(&document, mechanics()).expect_err("an unknown key").listed();
        assert_eq!(found.len(), 1, "{place}");
        assert!(found[0].detail.contains(meant), "{place}: {}", found[0].detail);
    }
}

#[test]
fn no_key_is_suggested_that_the_mechanic_does_not_take() {
    let mut mechanics = mechanics();
    let product = mechanics.iter_mut().find(|mechanic| mechanic.name == "product").expect("product");
    product.description.params_schema = json!({
        "additionalProperties": false,
        "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
        "$defs": {"item": {"additionalProperties": false, "properties": {"target": {}, "value": {}}}},
    })
    .to_string();
    let document = plan_with_offer(|offer| put(offer, "/params/items/0/max_unit", json!("1")));
    let found = build(&document, mechanics).expect_err("an unknown key").listed();
    assert_eq!(found[0].detail, "`max_unit` is not known here (known: `target`, `value`)");
}

#[test]
fn a_target_of_another_kind_is_refused_in_every_mechanic() {
    let kind_of_category = "say `\"target_kind\": \"category\"`";
    for (mechanic, item, advice) in [
        ("product", json!({"target": "DAIRY", "value": "1"}), "use mechanic `category`"),
        ("product", json!({"target": "cheap", "value": "1"}), "use mechanic `group`"),
        ("category", json!({"target": "G1", "value": "1"}), "use mechanic `product`"),
        ("group", json!({"target": "DAIRY", "value": "1"}), "use mechanic `category`"),
        ("multibuy", json!({"target": "DAIRY", "value": "1"}), kind_of_category),
        (
            "ml",
            json!({"target_kind": "group", "target": "G1", "value": "1"}),
            "say `\"target_kind\": \"product\"`",
        ),
        (
            "threshold",
            json!({"target": "cheap", "from": "1", "value": "1"}),
            "say `\"target_kind\": \"group\"`",
        ),
    ] {
        let document = plan_with_offer(|offer| {
            put(offer, "/mechanic", json!(mechanic));
            put(offer, "/params/items/0", item.clone());
        });
        let found = build(&document, mechanics()).expect_err("a target of another kind").listed();
        let [problem] = &found[..] else { panic!("{mechanic} {item}: {found:?}") };
        assert_eq!(
            (problem.pointer.as_str(), &*problem.code),
            ("/offers/0/params/items/0/target", "wrong_target_kind"),
            "{mechanic} {item}"
        );
        assert!(problem.detail.ends_with(&format!("it would never apply; {advice}")), "{}", problem.detail);
    }
    // Products come and go, and products and categories are often counted alike.
    for (target, plan) in [("gone", json!({})), ("77", json!({"id": 9, "code": "77"}))] {
        let mut document = plan_with_offer(|offer| put(offer, "/params/items/0/target", json!(target)));
        if plan.get("id").is_some() {
            put(&mut document, "/catalog/categories/-", plan);
        }
        let plan = build(&document, mechanics()).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(plan.warnings[0].code, "unknown_product", "{target}");
    }
}
