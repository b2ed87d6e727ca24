//! A small plan to change, and the mechanics it knows.

use TargetKind::{Category, Group, Product, Receipt};
use domain::mechanics::{Description, Parameter, ParameterPlace, Phase, Reason, TargetKind, Unit};
use domain::plan::Mechanic;
use serde_json::{Value, json};
use wire::plan::{BuiltPlan, build};
use wire::problem::Problems;

/// A plan without offers.
pub(crate) fn plan() -> Value {
    json!({
        "currency": {"code": "RUB", "exponent": 2},
        "points": {"exponent": 0},
        "catalog": {
            "categories": [
                {"id": 1, "code": "DAIRY", "name": "Dairy", "parent": null},
                {"id": 2, "code": "CHEESE", "parent": "DAIRY"},
                {"id": 3, "code": "BLUE", "parent": 2},
            ],
            "products": [
                {"id": 11, "goods_code": "G1", "category": "BLUE", "attributes": {"brand": "Alp", "size": 5}},
                {"id": 12, "goods_code": "G2", "category": "DAIRY", "attributes": {"brand": "Alp", "size": 9}},
                {"id": 13, "goods_code": "12", "category": null, "class": "spirits"},
            ],
            "groups": [{"id": "cheap", "include": {"products": ["G1"]}}],
            "classes": [{"id": "spirits", "discount": false}],
            "pos": [{"id": "store-77/till-3", "time_zone": "Europe/Moscow"}],
        },
        "offers": [],
    })
}

/// The plan with one offer of the mechanic `product`, after `change`.
pub(crate) fn plan_with_offer(change: impl FnOnce(&mut Value)) -> Value {
    let mut offer = json!({
        "external_id": "o",
        "mechanic": "product",
        "params": {"items": [{"target": "G1", "value": "15"}]},
    });
    change(&mut offer);
    let mut plan = plan();
    plan["offers"] = json!([offer]);
    plan
}

/// Sets the value at a pointer whose parent is there.
pub(crate) fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer below the root");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no parent of {pointer}"));
    match parent {
        Value::Array(list) if name == "-" => list.push(value),
        Value::Array(list) => list[name.parse::<usize>().expect("an index")] = value,
        other => other[name] = value,
    }
}

pub(crate) fn built(document: &Value) -> BuiltPlan {
    build(document, mechanics()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// `pointer code` of every problem.
pub(crate) fn problems<T>(result: Result<T, Problems>) -> Vec<String> {
    let Err(problems) = result else { return Vec::new() };
    problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect()
}

pub(crate) fn mechanics() -> Vec<Mechanic> {
    let both = [Phase::Discount, Phase::Accrual];
    let all = [Product, Category, Group, Receipt];
    let mut multibuy = mechanic("multibuy", &both, &all);
    multibuy.description.parameters = vec![
        Parameter { place: ParameterPlace::Offer, name: "greedy".into(), unit: Unit::Boolean },
        Parameter { place: ParameterPlace::Item, name: "set_units".into(), unit: Unit::Quantity },
    ];
    let mut own = mechanic("own", &both, &[]);
    own.description.wants_params_text = true;
    vec![
        mechanic("product", &both, &[Product]),
        mechanic("category", &both, &[Category]),
        mechanic("group", &both, &[Group]),
        mechanic("receipt", &both, &[Receipt]),
        mechanic("threshold", &both, &all),
        mechanic("ml", &both, &all),
        mechanic("discounts", &[Phase::Discount], &[Category, Group]),
        multibuy,
        own,
    ]
}

fn mechanic(name: &str, phases: &[Phase], targets: &[TargetKind]) -> Mechanic {
    Mechanic {
        name: name.to_owned(),
        description: Description {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            phases: phases.to_vec(),
            params_schema: "{}".to_owned(),
            targets: targets.to_vec(),
            parameters: Vec::new(),
            needs: Vec::new(),
            wants_params_text: false,
            reasons: vec![Reason { id: 0, texts: vec![("en".to_owned(), "because".to_owned())] }],
            decline_reasons: Vec::new(),
        },
        digest: format!("sha256:{name}"),
        previous: None,
    }
}
