//! What chose a personal item, and with which chance, is told with everything that comes of it.

use domain::exploration::{EVERYBODY, Exploration};
use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Database, Shop, path, reference};

on_both_databases!(
    a_decision_goes_along_with_its_item,
    what_was_drawn_is_told_with_its_chance,
    a_report_counts_members_by_decision,
);

fn shop(database: Database) -> Shop {
    let shop = Shop::open(database);
    for attribute in ["mine", "vain"] {
        shop.put(&format!("/v1/attributes/{attribute}"), r#"{"type":"json"}"#).accepted();
    }
    shop
}

fn import(shop: &Shop, attributes: &Value) {
    let member = json!({"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}], "points": "1000.00",
                        "attributes": attributes});
    shop.import("/v1/members/imports", &member.to_string()).accepted();
}

fn terms(items: &Value) -> Value {
    json!({"kind": "ml", "reward": "points", "items": items})
}

fn cumulative(attribute: &str) -> Value {
    json!({"mechanic": "ml", "attribute": attribute, "stacking": {"mode": "cumulative"}})
}

/// The answer to the reference receipt, which is then confirmed.
fn buy(shop: &Shop, id: &str) -> Value {
    let answer = shop.post(&path(id, "calculate"), &format!("{id}-0"), &reference().to_string()).accepted();
    shop.post(&path(id, "confirm"), &format!("{id}-1"), "").accepted();
    answer
}

fn feed(shop: &Shop) -> Vec<Value> {
    let text = shop.as_integration("GET", "/v1/results/export", "").text;
    text.lines().map(|row| serde_json::from_str(row).expect("a row")).collect()
}

/// The row of the feed about an offer.
fn row(shop: &Shop, purchase: &str, offer: &str) -> Value {
    let mut rows = feed(shop).into_iter();
    rows.find(|row| row["purchase_id"] == purchase && row["offer"] == offer).expect("a row")
}

/// The reward of an offer on a line of an answer.
fn reward(answer: &Value, line: usize, offer: &str) -> Value {
    let mut offers = answer["lines"][line]["offers"].as_array().expect("offers").iter();
    offers.find(|reward| reward["offer"] == offer).cloned().unwrap_or_default()
}

fn listed(shop: &Shop) -> Vec<Value> {
    let list = shop.as_integration("GET", "/v1/members/m-1/offers", "").accepted();
    list["items"].as_array().expect("items").clone()
}

fn a_decision_goes_along_with_its_item(database: Database) {
    let shop = shop(database);
    shop.run_offer("mine", &cumulative("mine"));
    shop.run_offer("vain", &cumulative("vain"));
    let vain = json!([{"target": "G4", "value": "5", "min_sum": "100000", "decision": "run-7/v"}]);
    import(&shop, &json!({"vain": terms(&vain)}));
    let items = json!([
        {"target": "G1", "value": "15", "decision": "run-7/a"},
        {"target": "G2", "value": "10", "decision": "run-7/b"},
        {"target": "G4", "value": "10", "decision": "x".repeat(201)},
    ]);
    let upload =
        json!({"identifier_kind": "card", "identifier": "1", "attribute": "mine", "value": terms(&items)});
    let taken = shop.import("/v1/attributes/imports", &upload.to_string()).accepted();
    assert!(taken.to_string().contains("bad_decision"), "{taken}");

    let answer = buy(&shop, "p");
    assert_eq!(reward(&answer, 0, "mine")["decision"], "run-7/a", "{answer:#}");
    assert_eq!(reward(&answer, 1, "mine")["decision"], "run-7/b");
    let undecided = reward(&answer, 3, "mine");
    assert_ne!(undecided["points"], "0.00", "the sale goes on");
    assert_eq!(undecided.get("decision"), None);
    let reasons = answer["not_applied"].as_array().expect("a list");
    let vain = reasons.iter().find(|entry| entry["offer"] == "vain").expect("it gave nothing");
    assert_eq!(vain["decisions"], json!(["run-7/v"]));
    assert!(answer["warnings"].to_string().contains("bad_decision"), "{answer}");
    let stored = shop.get("/v1/purchases/p").accepted();
    assert_eq!(stored["result"]["lines"], answer["lines"]);

    let fired = row(&shop, "p", "mine");
    assert_eq!((&fired["event"], &fired["decision"]), (&json!("fired"), &json!("run-7/a")));
    assert_eq!(fired["decisions"], json!(["run-7/a", "run-7/b"]));
    let of_lines: Vec<_> =
        fired["lines"].as_array().expect("lines").iter().map(|line| line["decision"].clone()).collect();
    assert_eq!(json!(of_lines), json!(["run-7/a", "run-7/b", null]));
    assert_eq!(fired.get("explored"), None);
    let offered = row(&shop, "p", "vain");
    assert_eq!((&offered["event"], &offered["decision"]), (&json!("offered"), &json!("run-7/v")));
    assert_eq!(offered.get("decisions"), None, "there is one only");

    let shown = listed(&shop);
    let told: Vec<_> = shown.iter().map(|item| item["decision"].clone()).collect();
    assert_eq!(json!(told), json!(["run-7/a", "run-7/b", null, "run-7/v"]));
    let id = shown[0]["item_id"].as_str().expect("an id");
    shop.as_integration("POST", &format!("/v1/members/m-1/offers/{id}/accept"), "").accepted();
    let accepted = feed(&shop).pop().expect("a row");
    assert_eq!((&accepted["event"], &accepted["decision"]), (&json!("accepted"), &json!("run-7/a")));
    // The next night another model chooses the same item.
    let items = json!([{"target": "G1", "value": "15", "decision": "run-8/a"}]);
    import(&shop, &json!({"mine": terms(&items)}));
    let mine = listed(&shop).into_iter().find(|item| item["offer"] == "mine").expect("it is shown");
    assert_eq!((&mine["item_id"], &mine["decision"]), (&json!(id), &json!("run-8/a")));
    assert_eq!(mine["accepted"], true, "the answer is kept");
}

fn what_was_drawn_is_told_with_its_chance(database: Database) {
    let shop = shop(database);
    let items = json!([
        {"target": "G1", "value": "15", "decision": "run-7/a"},
        {"target": "G2", "value": "10", "decision": "run-7/b"},
        {"target": "G4", "value": "10", "decision": "run-7/c", "end": "2025-01-01"},
    ]);
    import(&shop, &json!({"mine": terms(&items)}));
    let explore = |mut offer: Value, percent: &str| {
        offer["exploration"] = json!({"percent": percent, "salt": "e1"});
        offer
    };
    let own = json!([{"target": "V1", "value": "1"}, {"target": "G2", "value": "1"}, {"target": "G1", "value": "1"}]);
    let own = json!({"mechanic": "ml", "params": {"reward": "points", "items": own},
                     "stacking": {"mode": "cumulative"}});
    shop.run_offer("mine", &explore(cumulative("mine"), "100"));
    shop.run_offer("own", &explore(own.clone(), "100"));
    shop.run_offer("own-of-few", &explore(own, "0"));
    let answer = buy(&shop, "p");
    let exploration = Exploration { share: EVERYBODY, salt: "e1".to_owned() };
    let drawn = exploration.item("mine", "m-1", 2).expect("everybody is drawn");
    let decision = ["run-7/a", "run-7/b"][drawn];
    let pays: Vec<_> = (0..2).map(|line| !reward(&answer, line, "mine").is_null()).collect();
    assert_eq!(pays, [drawn == 0, drawn == 1], "{answer:#}");
    let mine = row(&shop, "p", "mine");
    assert_eq!((&mine["event"], &mine["decision"]), (&json!("fired"), &json!(decision)));
    assert_eq!((&mine["explored"], &mine["propensity"]), (&json!(true), &json!(500_000)));
    let shown = listed(&shop);
    let shown: Vec<_> = shown.iter().map(|item| item["decision"].clone()).collect();
    assert_eq!(shown, [json!(decision)], "nobody is shown what the till would not pay");

    let drawn = exploration.item("own", "m-1", 3).expect("everybody is drawn");
    let own = row(&shop, "p", "own");
    assert_eq!((&own["explored"], &own["propensity"]), (&json!(true), &json!(333_333)));
    assert_eq!((&own["explored_item"], own.get("decision")), (&json!(drawn), None));
    assert_eq!(own["event"], if drawn == 0 { "offered" } else { "fired" });
    let few = row(&shop, "p", "own-of-few");
    assert_eq!((&few["explored"], &few["propensity"]), (&json!(false), &json!(EVERYBODY)));
    assert_eq!(few.get("explored_item"), None);

    let explained = shop.as_integration("GET", "/v1/purchases/p/offers/mine", "").accepted();
    let conditions = explained["conditions"].as_array().expect("conditions");
    let condition = conditions.iter().find(|one| one["condition"] == "exploration").expect("it is told");
    assert_eq!((&condition["found"]["explored"], &condition["holds"]), (&json!(true), &json!(true)));
    let replayed = shop.as_integration("POST", &path("p", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");
}

fn a_report_counts_members_by_decision(database: Database) {
    let shop = shop(database);
    let mut offer = cumulative("mine");
    offer["control_group"] = json!({"percent": "50", "salt": "autumn"});
    shop.run_offer("mine", &offer);
    let group = ControlGroup { percent: Percent(5_000), salt: "autumn".to_owned() };
    let member = |number: usize| {
        let decision = if number < 6 { "run-7/a" } else { "run-8/a" };
        let items = json!([{"target": "G2", "value": "10", "decision": decision}]);
        json!({"id": format!("u-{number}"), "identifiers": [{"kind": "card", "value": format!("c{number}")}],
               "attributes": {"mine": terms(&items)}})
    };
    let rows: Vec<String> = (0..12).map(|number| member(number).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    let mut counts = [[0, 0], [0, 0]];
    for number in 0..12 {
        let id = format!("p-{number}");
        let mut receipt = reference();
        receipt["member"]["value"] = json!(format!("c{number}"));
        shop.post(&path(&id, "calculate"), &format!("{id}-0"), &receipt.to_string()).accepted();
        shop.post(&path(&id, "confirm"), &format!("{id}-1"), "").accepted();
        let is_control = group.contains(&format!("u-{number}"));
        counts[usize::from(number >= 6)][usize::from(is_control)] += 1;
        let event = if is_control { "would_have_fired" } else { "fired" };
        let told = row(&shop, &id, "mine");
        assert_eq!((&told["event"], told["decision"].is_string()), (&json!(event), true), "{told}");
    }
    let output = shop.command(&["report", "uplift", "--offer", "mine", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let expected = |kind: &str, [fired, would]: [i64; 2]| json!({"decision": kind, "fired_members": fired, "would_have_fired_members": would});
    assert_eq!(report["decisions"], json!([expected("run-7", counts[0]), expected("run-8", counts[1])]));
}
