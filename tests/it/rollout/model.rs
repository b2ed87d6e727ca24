//! A learner's model goes the way of any mechanic: uploaded, in the shadow, on trial under load, taken back by a
//! gate, and another version for all.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use till::sample;

use super::one_line;
use crate::shop::{Answer, Database, Shop, on_both_databases, path};

on_both_databases!(a_model_is_swapped_under_load_and_taken_back_by_a_money_gate);

/// Members; every other one has been here often.
const MEMBERS: usize = 40;
/// What has not happened after this time never will.
const PATIENCE: Duration = Duration::from_secs(120);
/// Gives 10 % to who comes rarely, 5 % to all others and to members of whom nothing is known.
const FIRST: (&str, [(i32, i32); 3]) = ("1.0.0", [(100, 200), (200, 100), (-1, -1)]);
/// Gives 10 % to everybody.
const SECOND: (&str, [(i32, i32); 3]) = ("2.0.0", [(100, 100), (200, 200), (-1, -1)]);
/// Gives 50 % to everybody.
const GENEROUS: (&str, [(i32, i32); 3]) = ("3.0.0", [(100, 100), (200, 200), (900, 900)]);

impl Shop {
    fn upload_model(&self, (version, gains): (&str, [(i32, i32); 3])) {
        let model = sample::steps(version, &gains).expect("a model");
        let component = component::component(&model).expect("a component");
        assert_eq!(self.upload("steps", component).accepted()["state"], "ready");
    }

    fn roll_out_model(&self, wanted: &Value) -> Value {
        self.as_admin("PUT", "/v1/mechanics/steps/rollout", &wanted.to_string()).accepted()
    }

    fn model(&self) -> Value {
        self.as_admin("GET", "/v1/mechanics/steps", "").accepted()
    }

    /// Calculates a receipt of 100.00 by a card, or by none, anew every time.
    fn sell(&self, card: Option<&str>) -> Answer {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let id = format!("sale-{}", CALLS.fetch_add(1, Ordering::Relaxed));
        let receipt = one_line("G1", "100.00", card);
        self.post(&path(&id, "calculate"), &id, &receipt.to_string())
    }
}

fn card(member: usize) -> String {
    format!("7{member:03}")
}

/// A shop with the first version for all.
fn open(database: Database) -> Shop {
    let shop = Shop::empty(database, &[]);
    shop.stock();
    shop.upload_model(FIRST);
    shop.roll_out_model(&json!({"version": "1.0.0"}));
    shop.put("/v1/offers/ladder", &offer(&Value::Null).to_string()).accepted();
    let run = shop.as_integration("POST", "/v1/offers/ladder/run", "").accepted();
    let warned = &run["warnings"];
    assert_eq!(warned[0]["code"], "undefined_attribute", "{warned}");
    assert!(warned[0]["detail"].to_string().contains("/v1/attributes/visits"), "{warned}");

    shop.put("/v1/attributes/visits", &json!({"type": "int"}).to_string()).accepted();
    let rows: Vec<String> = (0..MEMBERS)
        .map(|member| {
            let identifiers = json!([{"kind": "card", "value": card(member)}]);
            let visits = if member.is_multiple_of(2) { 2 } else { 9 };
            json!({"id": format!("c-{member}"), "identifiers": identifiers, "attributes": {"visits": visits}})
        })
        .map(|row| row.to_string())
        .collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    shop
}

/// The ladder, with an exploration or with none.
fn offer(exploration: &Value) -> Value {
    let items: Vec<Value> = [(0, "0"), (1, "5"), (2, "10"), (3, "50")]
        .iter()
        .map(|(level, value)| json!({"level": level, "value": value}))
        .collect();
    json!({"title": "A ladder", "mechanic": "steps", "params": {"reward": "discount", "items": items}, "exploration": exploration})
}

/// The version of the model that a receipt was priced with, and the discount.
fn told(answer: &Answer) -> (String, String) {
    let answer = answer.accepted();
    let mechanics = answer["mechanics"].as_array().expect("mechanics");
    let model = mechanics.iter().find(|mechanic| mechanic["name"] == "steps").expect("the model was asked");
    assert_eq!(model["outcome"], "ok", "{answer}");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&model["version"]), text(&answer["totals"]["discount"]))
}

/// What the first version gives.
fn first(member: usize) -> &'static str {
    if member.is_multiple_of(2) { "10.00" } else { "5.00" }
}

fn a_model_is_swapped_under_load_and_taken_back_by_a_money_gate(database: Database) {
    let shop = open(database);
    let answered = |card: Option<&str>, version: &str, discount: &str| {
        assert_eq!(told(&shop.sell(card)), (version.to_owned(), discount.to_owned()), "{card:?}");
    };
    (0..4).for_each(|member| answered(Some(&card(member)), "1.0.0", first(member)));
    // A member without attributes gets the constant; who is no member gets nothing.
    answered(Some("1"), "1.0.0", "5.00");
    answered(None, "1.0.0", "0.00");

    shop.upload_model(SECOND);
    a_shadow_pays_nothing_and_says_what_it_would_give(&shop);
    shop.upload_model(GENEROUS);
    a_generous_canary_is_taken_back(&shop);

    let all = shop.roll_out_model(&json!({"version": "2.0.0"}));
    assert_eq!(all["active"]["version"], "2.0.0");
    (0..4).for_each(|member| answered(Some(&card(member)), "2.0.0", "10.00"));

    every_level_is_tried_by_exploration(&shop);
    shop.verify();
}

fn a_shadow_pays_nothing_and_says_what_it_would_give(shop: &Shop) {
    shop.roll_out_model(&json!({"shadow": "2.0.0"}));
    let started = Instant::now();
    let shadow = loop {
        assert_eq!(told(&shop.sell(Some(&card(1)))), ("1.0.0".to_owned(), "5.00".to_owned()));
        let shadow = shop.model()["rollout"]["shadow"].clone();
        if shadow["differences"][0].is_object() {
            break shadow;
        }
        assert!(started.elapsed() < PATIENCE, "{shadow}");
    };
    let line = &shadow["differences"][0]["lines"][0]["discount"];
    assert_eq!(*line, json!({"active": "5.00", "shadow": "10.00"}), "{shadow}");
    assert_eq!(shop.roll_out_model(&json!({"shadow": null}))["shadow"], Value::Null);
}

fn a_generous_canary_is_taken_back(shop: &Shop) {
    let gates = json!({"min_receipts": 5, "money_per_receipt": {"to": "20.00"}});
    shop.roll_out_model(&json!({"version": "3.0.0", "canary_percent": "50", "gates": gates}));
    let (done, started) = (AtomicBool::new(false), Instant::now());
    let seen: BTreeSet<(String, String)> = thread::scope(|scope| {
        let till = |till: usize| {
            let done = &done;
            scope.spawn(move || {
                let mut seen = BTreeSet::new();
                for sale in 0.. {
                    if done.load(Ordering::Relaxed) || started.elapsed() > PATIENCE {
                        break;
                    }
                    let member = (till + 3 * sale) % MEMBERS;
                    let (version, discount) = told(&shop.sell(Some(&card(member))));
                    let expected = if version == "1.0.0" { first(member) } else { "50.00" };
                    assert_eq!(discount, expected, "priced by one version and named by another: {version}");
                    seen.insert((version, discount));
                }
                seen
            })
        };
        let tills: Vec<_> = (0..3).map(till).collect();
        while shop.model()["rollout"]["canary"].is_object() && started.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
        done.store(true, Ordering::Relaxed);
        tills.into_iter().flat_map(|till| till.join().expect("a till")).collect()
    });
    let versions: BTreeSet<&str> = seen.iter().map(|(version, _)| version.as_str()).collect();
    assert_eq!(versions, BTreeSet::from(["1.0.0", "3.0.0"]), "both were at the tills");

    let model = shop.model();
    assert_eq!(model["rollout"]["canary"], Value::Null, "{model}");
    let reason = model["rollout"]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("version 3.0.0 gives") && reason.contains("on average"), "{reason}");
    let mut versions = model["versions"].as_array().expect("versions").iter();
    let taken_back = versions.find(|known| known["version"] == "3.0.0").expect("it is known");
    assert_eq!(taken_back["state"], "taken back");
    for member in 0..MEMBERS {
        assert_eq!(told(&shop.sell(Some(&card(member)))), ("1.0.0".to_owned(), first(member).to_owned()));
    }
}

/// The host draws an item for each member, and the model gives it, whatever it would choose.
fn every_level_is_tried_by_exploration(shop: &Shop) {
    shop.run_offer("ladder", &offer(&json!({"percent": "100", "salt": "e1"})));
    let discounts: BTreeSet<String> =
        (0..MEMBERS).map(|member| told(&shop.sell(Some(&card(member)))).1).collect();
    let all = ["0.00", "5.00", "10.00", "50.00"].map(str::to_owned);
    assert_eq!(discounts, BTreeSet::from(all));
}
