//! A day of purchases of all kinds.

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde_json::{Value, json};

use super::rollouts::{roll_out, upload_version};
use crate::shop::{Shop, path, reference};

/// A card number, which must not be in an exported bundle.
pub(super) const CARD: &str = "9643000111222";
pub(super) const MEMBER: &str = "member-77001";

/// The purchases that were made.
pub(super) struct Day {
    pub(super) purchases: Vec<String>,
}

impl Day {
    pub(super) fn begin(shop: &Shop) -> Self {
        stock(shop);
        let mut day = Self { purchases: Vec::new() };
        day.sell(shop, "p-nobody", &without_member());
        day.sell(shop, "p-member", &receipt());
        let mut burn = receipt();
        burn["pay_points"] = json!("max");
        day.sell(shop, "p-burn", &burn);
        let mut coupon = receipt();
        (coupon["coupons"], coupon["explain"]) = (json!(["SPRING", "unknown"]), json!(true));
        day.sell(shop, "p-coupon", &coupon);
        answer_items(shop);
        day.calculate(shop, "p-answered", &receipt());
        for id in ["p-limited", "p-over-the-limit"] {
            day.sell(shop, id, &receipt());
        }
        day.cancelled(shop, "p-cancelled");
        let mut late = receipt();
        (late["purchase_id"], late["at"]) = (json!("p-late"), json!("2026-01-05T10:15:00+03:00"));
        let taken = shop.late(&[late]);
        assert_eq!(taken[0]["status"], "accepted", "{taken:?}");
        day.purchases.push("p-late".to_owned());
        day.canary(shop);
        day.with_odd_fields(shop);
        block(shop);
        day.calculate(shop, "p-blocked", &receipt());
        unblock(shop);
        day
    }

    fn calculate(&mut self, shop: &Shop, id: &str, receipt: &Value) -> Value {
        let answer = shop.post(&path(id, "calculate"), &format!("{id}-1"), &receipt.to_string()).accepted();
        self.purchases.push(id.to_owned());
        answer
    }

    fn sell(&mut self, shop: &Shop, id: &str, receipt: &Value) -> Value {
        let answer = self.calculate(shop, id, receipt);
        shop.post(&path(id, "confirm"), &format!("{id}-2"), "").accepted();
        answer
    }

    fn cancelled(&mut self, shop: &Shop, id: &str) {
        self.calculate(shop, id, &receipt());
        shop.post(&path(id, "cancel"), &format!("{id}-2"), "").accepted();
    }

    /// The answers tell of fields that are not used, whose values may name the buyer, and of a member by id.
    fn with_odd_fields(&mut self, shop: &Shop) {
        let mut odd = receipt();
        (odd["cupons"], odd["lines"][0]["buyer"]) = (json!(["SPRING"]), json!("Yuri"));
        (odd["lines"][1]["attributes"], odd["lines"][2]["attributes"]) =
            (json!({"note": "Yuri"}), json!("Yuri"));
        let answer = self.calculate(shop, "p-unused-fields", &odd);
        let told = |answer: &Value| answer["warnings"].to_string();
        assert!(told(&answer).contains("did you mean `coupons`?"), "{answer}");
        assert!(told(&answer).contains("`lines[].buyer` is not used"), "{answer}");
        assert!(told(&answer).contains("`lines[].attributes` is not used"), "what is no object: {answer}");
        let mut by_id = receipt();
        by_id["member"] = json!({"kind": "member", "value": MEMBER});
        let answer = self.calculate(shop, "p-by-id", &by_id);
        assert!(told(&answer).contains("not by their id"), "{answer}");
    }

    /// Some receipts are priced by one version, and some by the other.
    fn canary(&mut self, shop: &Shop) {
        upload_version(shop, "1.0.9");
        roll_out(shop, &json!({"version": "1.0.9", "canary_percent": "50"}));
        let mut versions = std::collections::BTreeSet::new();
        for number in 0..8 {
            let answer = self.calculate(shop, &format!("p-trial-{number}"), &without_member());
            let asked = answer["mechanics"].as_array().expect("a list").iter();
            let product = asked.into_iter().find(|asked| asked["name"] == "product").expect("it was asked");
            versions.insert(product["version"].as_str().expect("text").to_owned());
        }
        assert_eq!(versions.into_iter().collect::<Vec<_>>(), ["1.0.0", "1.0.9"]);
    }
}

pub(super) fn receipt() -> Value {
    let mut receipt = reference();
    receipt["member"]["value"] = json!(CARD);
    receipt
}

fn without_member() -> Value {
    let mut receipt = reference();
    receipt.as_object_mut().expect("an object").remove("member");
    receipt
}

pub(super) fn terms(value: &str) -> Value {
    json!({"kind": "product", "reward": "discount", "require_accept": true, "items": [
        {"target": "G2", "method": "percent", "value": value, "decision": "run-1/a"},
        {"target": "G4", "method": "percent", "value": "3"},
    ]})
}

pub(super) fn member(id: &str, card: &str, value: &str) -> Value {
    json!({
        "id": id, "identifiers": [{"kind": "card", "value": card}], "points": "500.00",
        "birth_date": "1961-04-12", "attributes": {"terms": terms(value), "name": "Yuri"},
    })
}

fn percent(target: &str, value: &str, more: &[(&str, Value)]) -> Value {
    let items = json!([{"target": target, "method": "percent", "value": value}]);
    let mut offer = json!({"mechanic": "product", "params": {"items": items}});
    for (name, value) in more {
        offer[*name] = value.clone();
    }
    offer
}

fn stock(shop: &Shop) {
    shop.put("/v1/attributes/terms", r#"{"type":"json"}"#).accepted();
    shop.import("/v1/members/imports", &member(MEMBER, CARD, "7").to_string()).accepted();
    let rule = json!({"rule": {"attribute": "birth_date", "age": {"from": 18}}});
    shop.put("/v1/audiences/adults", &rule.to_string()).accepted();
    shop.put("/v1/audiences/vip", "{}").accepted();
    shop.import("/v1/audiences/vip/members", &json!({"member": MEMBER}).to_string()).accepted();
    let cumulative = ("stacking", json!({"mode": "cumulative"}));
    let group = |salt: &String| ControlGroup { percent: Percent(5_000), salt: salt.clone() };
    let salts = (0..100).map(|number| format!("s{number}"));
    let salt = salts.into_iter().find(|salt| group(salt).contains(MEMBER)).expect("half of them");
    let limited = json!({
        "mechanic": "receipt", "stacking": {"mode": "cumulative"},
        "limits": [{"per": "member", "uses": "4"}],
        "params": {"reward": "points", "items": [{"method": "percent", "value": "1"}]},
    });
    // Another member would be handed another item.
    let choice: Vec<Value> =
        (1..9).map(|value| json!({"target": "G1", "value": value.to_string()})).collect();
    let explored = json!({
        "mechanic": "ml", "stacking": {"mode": "cumulative"}, "exploration": {"percent": "100", "salt": "e"},
        "params": {"reward": "points", "items": choice},
    });
    let offers = [
        ("mine", json!({"mechanic": "product", "attribute": "terms"})),
        ("coupon", percent("G1", "50", &[("filters", json!({"coupon": "SPRING"}))])),
        ("adults", percent("G2", "4", &[("filters", json!({"audience": ["adults"]}))])),
        ("vip", percent("G4", "2", &[("filters", json!({"audience": ["vip"]})), cumulative])),
        ("masked", percent("G4", "10", &[("control_group", json!({"percent": "50", "salt": salt}))])),
        ("limited", limited),
        ("explored", explored),
    ];
    for (id, offer) in offers {
        shop.run_offer(id, &offer);
    }
}

fn answer_items(shop: &Shop) {
    let address = format!("/v1/members/{MEMBER}/offers");
    let listed = shop.as_integration("GET", &address, "").accepted();
    let items = listed["items"].as_array().expect("items").iter();
    // The offers for the member's audiences are listed, too.
    let items: Vec<_> = items.filter(|item| item["offer"] == "mine").collect();
    for (item, answer) in items.iter().zip(["accept", "decline"]) {
        let id = item["item_id"].as_str().expect("an id");
        shop.as_integration("POST", &format!("{address}/{id}/{answer}"), "").accepted();
    }
    assert_eq!(items.len(), 2);
}

fn block(shop: &Shop) {
    shop.put(&format!("/v1/members/{MEMBER}/state"), r#"{"state":"blocked"}"#).accepted();
}

fn unblock(shop: &Shop) {
    shop.put(&format!("/v1/members/{MEMBER}/state"), r#"{"state":"normal"}"#).accepted();
}
