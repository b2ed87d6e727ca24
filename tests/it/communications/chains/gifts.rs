//! Personal offers that chains give: once, told in lists, paid by the till.

use serde_json::{Value, json};

use super::{event, get, members, open, post, publish, put, send};
use crate::communications::profile;
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    a_personal_offer_is_given_once_and_paid_by_the_till,
    an_offer_that_cannot_be_given_is_told_before,
    what_cannot_be_given_goes_the_other_way,
);

/// A host with an offer whose terms are the members' own.
fn shop(database: Database) -> Shop {
    let shop = open(database, &[("COMMUNICATIONS__CHAIN_EFFECT_ATTEMPTS", "1")]);
    members(&shop, 2);
    let card = json!({"id": "p-0", "identifiers": [{"kind": "card", "value": "77"}]});
    shop.import("/v1/members/imports", &card.to_string()).accepted();
    shop.put("/v1/attributes/gifts", r#"{"type":"json"}"#).accepted();
    shop.run_offer("gift", &json!({"mechanic": "product", "attribute": "gifts"}));
    shop
}

fn chain(offer: &Value) -> Value {
    json!({
        "triggers": [{ "event": "cancelled_by_us" }],
        "reentry": "always",
        "start": "offer",
        "nodes": {
            "offer": offer,
            "given": { "type": "goal", "name": "given", "next": "end" },
            "sorry": { "type": "goal", "name": "sorry", "next": "end" },
            "end": { "type": "exit" }
        }
    })
}

fn offer() -> Value {
    json!({
        "type": "personal_offer", "offer": "gift", "lasts": "7d", "next": "given", "failed": "sorry",
        "items": [{ "target": "G1", "reward": "discount", "method": "percent", "value": "10" }],
    })
}

fn items(shop: &Shop) -> Vec<Value> {
    let terms = &profile(shop, "p-0")["attributes"]["gifts"];
    let list = shop.as_integration("GET", "/v1/members/p-0/offers", "").accepted();
    assert!(terms.is_null() || terms.is_object(), "{terms}");
    list["items"].as_array().expect("items").clone()
}

fn a_personal_offer_is_given_once_and_paid_by_the_till(database: Database) {
    let shop = shop(database);
    // Rows that are there already stay.
    let terms = json!({"kind": "product", "items": [{"target": "G4", "reward": "discount", "value": "5"}]});
    let row = json!({"identifier_kind": "member", "identifier": "p-0", "attribute": "gifts", "value": terms});
    shop.import("/v1/attributes/imports", &row.to_string()).accepted();
    publish(&shop, &chain(&offer()));
    send(&shop, &[event(0, "c-1", "cancelled_by_us")]);
    until("it is given", || get(&shop, "statistics")["goals"] == json!({ "given": 1 }));
    let given = items(&shop);
    assert_eq!(given.len(), 2, "{given:?}");
    let of_chain: Vec<&Value> = given.iter().filter(|item| item["decision"].is_string()).collect();
    let decision = of_chain[0]["decision"].as_str().expect("a decision");
    assert!(decision.starts_with("chain/cart/") && decision.contains("/offer/"), "{decision}");
    // As if the process had been killed between the gift and the note of it.
    shop.kill();
    shop.communications_sql("UPDATE chain_effects SET state = 'planned', next_at = 0, attempts = 0");
    shop.start();
    until("it is done again", || get(&shop, "statistics")["effects"][0]["state"] == json!("done"));
    assert_eq!(items(&shop), given);
    let events = crate::communications::events_of(&shop, "p-0");
    let told: Vec<&Value> = events.iter().filter(|event| event["kind"] == "personal_offer_given").collect();
    assert_eq!((told.len(), &told[0]["payload"]["offer"]), (1, &json!("gift")));

    let mut receipt = reference();
    receipt["member"] = json!({"kind": "card", "value": "77"});
    receipt["at"] = json!(jiff::Timestamp::now().to_string());
    let sold = shop.post(&path("o-1", "calculate"), "o-1", &receipt.to_string()).accepted();
    assert!(sold["lines"].to_string().contains(decision), "the till pays it: {sold}");
    // Another run gives another one.
    send(&shop, &[event(0, "c-2", "cancelled_by_us")]);
    until("it is given again", || get(&shop, "statistics")["goals"] == json!({ "given": 2 }));
    assert_eq!(items(&shop).len(), 3);
    shop.verify();
}

fn an_offer_that_cannot_be_given_is_told_before(database: Database) {
    let shop = shop(database);
    let params = json!({"items": [{"target": "G1", "value": "5"}]});
    shop.run_offer("for-all", &json!({"mechanic": "product", "params": params}));
    let with = |name: &str, value: Value| {
        let mut offer = offer();
        offer[name] = value;
        chain(&offer)
    };
    for (document, code, pointer) in [
        (with("offer", json!("none")), "unknown_offer", "/nodes/offer/offer"),
        (with("offer", json!("for-all")), "not_personal", "/nodes/offer/offer"),
        (with("items", json!([])), "no_items", "/nodes/offer/items"),
        (
            with("items", json!([{ "target": "G0", "reward": "discount", "value": "5" }])),
            "unknown_target",
            "/nodes/offer/items/0",
        ),
        (
            with(
                "items",
                json!([{ "target": "G1", "reward": "discount", "value": "5", "end": "2030-01-01" }]),
            ),
            "not_here",
            "/nodes/offer/items/0/end",
        ),
        (
            with("items", json!([{ "target": "G1", "reward": "discount" }])),
            "missing_field",
            "/nodes/offer/items/0/value",
        ),
    ] {
        let put = put(&shop, &document).accepted();
        let found = (&put["problems"][0]["code"], &put["problems"][0]["pointer"]);
        assert_eq!(found, (&json!(code), &json!(pointer)), "{put}");
        assert_eq!(post(&shop, "publish", &json!({})).refused(), (422, "chain_refused".to_owned()));
    }
}

fn what_cannot_be_given_goes_the_other_way(database: Database) {
    let shop = shop(database);
    publish(&shop, &chain(&offer()));
    shop.as_integration("POST", "/v1/offers/gift/stop", "").accepted();
    send(&shop, &[event(0, "c-1", "cancelled_by_us")]);
    until("the run has left", || get(&shop, "statistics")["left"] == json!({ "exit": 1 }));
    let statistics = get(&shop, "statistics");
    assert_eq!(statistics["goals"], json!({ "sorry": 1 }));
    assert_eq!(statistics["effects"][0]["reason"], json!("offer_not_running"));
}
