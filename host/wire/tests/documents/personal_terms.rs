use domain::catalog::{GroupId, ProductId};
use domain::mechanics::{Phase, TargetKind};
use domain::member::{Member, PersonalAttribute, PersonalTerms};
use domain::offer::Target;
use serde_json::{Value, json};
use wire::member;

use crate::store::{built, plan, put};

#[test]
fn an_attribute_is_read_as_an_object_or_as_its_text() {
    let value = json!({"kind": "product", "reward": "points", "items": [{"target": "G1", "value": "5"}]});
    for value in [value.clone(), json!(value.to_string())] {
        let terms = terms(&value);
        assert_eq!(terms.kind, "product");
        assert_eq!(terms.items.len(), 1);
        assert_eq!(terms.items[0].reward, Phase::Accrual);
        assert_eq!(terms.items[0].accepted, None);
    }
}

#[test]
fn nobody_has_accepted_who_did_not_say_so() {
    let terms = terms(&json!({
        "kind": "product", "reward": "discount", "require_accept": true,
        "items": [{"target": "G1", "value": "5"}, {"target": "G2", "value": "5", "accepted": true}],
    }));
    let accepted: Vec<_> = terms.items.iter().map(|item| item.accepted).collect();
    assert_eq!(accepted, [Some(false), Some(true)]);
}

#[test]
fn unknown_targets_are_left_out_and_listed() {
    let terms = terms(&json!({
        "kind": "category", "reward": "discount",
        "items": [{"target": "NOSUCH", "value": "5"}, {"target": "BLUE", "value": "5"}],
    }));
    assert_eq!(terms.unknown_targets, [(TargetKind::Category, "NOSUCH".to_owned())]);
    assert_eq!(terms.items.len(), 1);
}

#[test]
fn items_of_one_attribute_may_differ_in_kind_and_reward() {
    let terms = terms(&json!({
        "kind": "ml",
        "items": [
            {"value": "5", "border": "1000", "reward": "discount", "display_order": 1, "picture": "x.png"},
            {"target": "G1", "value": "5", "reward": "points"},
            {"target_kind": "group", "target": "cheap", "value": "5", "reward": "points"},
        ],
    }));
    let targets: Vec<_> = terms.items.iter().map(|item| item.target.clone()).collect();
    assert_eq!(targets, [Target::Receipt, Target::Product(ProductId(2)), Target::Group(GroupId(1))]);
    assert_eq!(terms.items[0].min_sum.map(|sum| sum.0), Some(100_000));
}

#[test]
fn a_decision_that_cannot_be_told_costs_its_item_nothing() {
    let longest = "\u{e9}".repeat(100);
    for (decision, expected, problem) in [
        (json!("run-7/arm b"), Some("run-7/arm b"), None),
        (json!(longest), Some(longest.as_str()), None),
        (Value::Null, None, None),
        (json!(format!("{longest}x")), None, Some("has 201 bytes; at most 200 are taken")),
        (json!(""), None, Some("is empty")),
        (json!("a\nb"), None, Some("has the control character U+000A")),
        (json!(7), None, Some("is no text")),
        (json!({"run": 7}), None, Some("is no text")),
    ] {
        let item = json!({"target": "G1", "value": "5", "reward": "points", "decision": decision});
        let terms = terms(&json!({"kind": "ml", "items": [item]}));
        assert_eq!(terms.items.len(), 1, "{item}");
        assert_eq!(terms.items[0].decision.as_deref(), expected, "{item}");
        let told = terms.bad_decisions.first().map(String::as_str).unwrap_or_default();
        let expected =
            problem.map(|problem| format!("/items/0/decision: {problem}; the item counts without it"));
        assert_eq!(told, expected.unwrap_or_default(), "{item}");
    }
}

#[test]
fn what_cannot_be_read_is_malformed_with_a_reason() {
    for (value, reason) in [
        (json!(5), "wrong_type"),
        (json!("{\"kind\":"), "not_json"),
        (json!("{\"kind\":\"ml\",\"kind\":\"ml\",\"items\":[]}"), "duplicate_name"),
        (json!({"kind": "product"}), "/items: `items` is required"),
        (json!({"items": []}), "/kind: `kind` is required"),
        (json!({"kind": "product", "items": [{"target": "G1", "value": "5"}]}), "/items/0/reward"),
        (
            json!({"kind": "product", "reward": "discount", "items": [{"target": "G1", "method": "free", "value": "5"}]}),
            "/items/0/method",
        ),
        (
            json!({"kind": "product", "reward": "discount", "items": [{"target": "G1", "value": "15%"}]}),
            "/items/0/value",
        ),
        (json!({"kind": "product", "start": "soon", "items": []}), "/start"),
    ] {
        match attribute(&value) {
            PersonalAttribute::Malformed(told) => assert!(told.contains(reason), "{value}: {told}"),
            PersonalAttribute::Terms(terms) => panic!("{value}: {terms:?}"),
        }
    }
}

fn terms(value: &Value) -> PersonalTerms {
    match attribute(value) {
        PersonalAttribute::Terms(terms) => terms,
        PersonalAttribute::Malformed(reason) => panic!("{value}: {reason}"),
    }
}

fn attribute(value: &Value) -> PersonalAttribute {
    member(value).personal.remove("weekly").expect("the offer takes its terms from it")
}

fn member(value: &Value) -> Member {
    let mut document = plan();
    put(&mut document, "/offers", json!([{"external_id": "o", "mechanic": "ml", "attribute": "weekly"}]));
    let plan = built(&document);
    let document = json!({"id": "m", "attributes": {"weekly": value, "unused": value}});
    let (record, _) = member::parse(&document, plan.scales()).unwrap_or_else(|problems| panic!("{problems}"));
    record.resolve_lasting(&plan)
}
