//! Whole receipts: a mechanic that misbehaves costs its own offer, and nothing else.

use std::sync::{Arc, LazyLock};

use domain::plan::Mechanic;
use engine::{Component, Limits, MechanicSet, Runtime, RuntimeSettings};
use serde_json::{Value, json};
use tests::guests::guest;
use wire::plan::load;
use wire::price_receipt;
use wire::receipt::Request;

/// A mechanic that behaves, and one that misbehaves on request.
struct Loaded {
    described: Vec<Mechanic>,
    set: MechanicSet,
}

static LOADED: LazyLock<Loaded> = LazyLock::new(|| {
    let runtime = Runtime::new(&RuntimeSettings { instances: 16, ..RuntimeSettings::default() }).unwrap();
    let product = bundle::builtins().iter().find(|builtin| builtin.name == "product").unwrap().wasm;
    let components: Vec<Component> = [product, guest("hostile").unwrap()]
        .into_iter()
        .map(|file| Component::admit(&runtime, file, &Limits::default()).unwrap())
        .collect();
    let described = components
        .iter()
        .map(|component| Mechanic {
            name: component.description().name.clone(),
            description: component.description().clone(),
            digest: component.inspected().digest.clone(),
            previous: None,
        })
        .collect();
    let set = MechanicSet::new(components.into_iter().map(|component| Some(Arc::new(component))).collect());
    Loaded { described, set }
});

fn offer(id: &str, mechanic: &str, target: &str, misbehave: Option<u32>) -> Value {
    let mut params = json!({"reward": "discount", "id_space": "external",
                            "items": [{"target": target, "method": "percent", "value": "10"}]});
    if let Some(how) = misbehave {
        params["misbehave"] = json!(how.to_string());
    }
    json!({"external_id": id, "title": id, "mechanic": mechanic, "params": params,
           "stacking": {"mode": "cumulative", "priority": 1}})
}

fn price(offers: &[Value]) -> Value {
    let product = |code: &str| json!({"goods_code": code, "name": code, "category": null});
    let plan = json!({
        "currency": {"code": "RUB", "exponent": 2, "rounding": "half_up"},
        "catalog": {"categories": [], "products": [product("G1"), product("G2")], "groups": [], "classes": [], "pos": []},
        "members": [], "offers": offers,
    });
    let (plan, _) = load(&plan, LOADED.described.clone()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let line = |position: u32, goods: &str| json!({"position": position, "goods_id": goods, "quantity": "2", "price": "100.00", "amount": "200.00"});
    let receipt = json!({"at": "2026-11-22T10:15:00+03:00", "pos": "s/1", "member": null,
                         "lines": [line(1, "G1"), line(2, "G2")], "coupons": []});
    let answer = price_receipt(&plan, &LOADED.set, |_, _, _| None, Request::new("p-1"), &receipt);
    serde_json::from_str(&answer.unwrap_or_else(|problems| panic!("{problems:#?}"))).unwrap()
}

/// Outcome of the mechanic, and the reason why the offer gave nothing.
fn fate(answer: &Value, offer: &str) -> (Value, Value) {
    let of = |list: &str, key: &str, value: &str| {
        answer[list]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry[key] == value)
            .cloned()
            .unwrap_or(Value::Null)
    };
    (of("mechanics", "name", "hostile"), of("not_applied", "offer", offer))
}

#[test]
fn behaving_well_pays() {
    let answer = price(&[offer("bad", "hostile", "G1", Some(0)), offer("good", "product", "G2", None)]);
    assert_eq!(answer["totals"]["discount"], "40.00", "{answer:#}");
    assert_eq!(fate(&answer, "bad").0["outcome"], "ok");
}

#[test]
fn misbehaving_costs_the_offer_and_nothing_else() {
    let alone = price(&[offer("good", "product", "G2", None)]);
    for (misbehave, outcome, says) in [
        (1, "trap", "unreachable"),
        (2, "out_of_fuel", "units of fuel"),
        (3, "out_of_memory", "bytes of memory"),
        (4, "trap", "out of bounds memory access"),
        (5, "bad_output", "line"),
        (6, "bad_output", "percent"),
        (7, "bad_output", "percent"),
        (8, "out_of_fuel", "units of fuel"),
        (9, "bad_output", "too much data"),
        (10, "bad_output", "0 verdicts for 1 offers"),
        (11, "bad_output", "reason 99"),
        (12, "bad_output", "twice"),
        (13, "bad_output", "line 0"),
        (14, "bad_output", "item"),
        (15, "bad_output", "item"),
        (17, "bad_output", "line 0"),
        (18, "bad_output", "cap"),
        (19, "bad_output", "bytes of text"),
        (20, "bad_output", "1000 proposals"),
        (21, "bad_output", "reason 98 for declining"),
        (22, "bad_output", "0 values for the 1 variables of reason `too_few`"),
        (23, "bad_output", "item 7 of an offer that has 1"),
    ] {
        let offers = [offer("bad", "hostile", "G1", Some(misbehave)), offer("good", "product", "G2", None)];
        let answer = price(&offers);
        assert_eq!(answer["lines"].to_string(), alone["lines"].to_string(), "misbehave {misbehave}");
        assert_eq!(answer["totals"], alone["totals"]);
        let (mechanic, refused) = fate(&answer, "bad");
        assert_eq!(mechanic["outcome"], outcome, "misbehave {misbehave}: {answer:#}");
        assert_eq!(mechanic["blame"], "mechanic");
        assert_eq!(refused["reason"], "mechanic_failed", "misbehave {misbehave}: {answer:#}");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(says), "misbehave {misbehave}: `{detail}` does not say `{says}`");
        assert_eq!(price(&offers), answer, "misbehave {misbehave}: the same answer every time");
    }
}

#[test]
fn a_failure_in_good_order_is_no_fault() {
    let answer = price(&[offer("bad", "hostile", "G1", Some(16)), offer("good", "product", "G2", None)]);
    let (mechanic, refused) = fate(&answer, "bad");
    assert_eq!(mechanic["outcome"], "ok");
    assert_eq!(refused["reason"], "mechanic_failed");
    assert!(refused["detail"].as_str().unwrap().contains("cannot be worked out"), "{refused}");
}

#[test]
fn one_bad_offer_does_not_cost_its_neighbours_of_the_same_mechanic() {
    let answer = price(&[offer("bad", "hostile", "G1", Some(1)), offer("fine", "hostile", "G2", Some(0))]);
    assert_eq!(answer["totals"]["discount"], "20.00", "{answer:#}");
    assert_eq!(answer["lines"][1]["offers"][0]["offer"], "fine");
}
