//! Roll-backs that the host does by itself when a version misbehaves.

use serde_json::{Value, json};

use super::{one_line, version_of};
use crate::shop::{Database, Shop, on_both_databases, path};

on_both_databases!(
    a_version_that_traps_goes_back_by_itself,
    a_canary_that_traps_ends_by_itself,
    a_version_that_takes_too_much_fuel_goes_back,
    a_version_that_gives_too_much_goes_back,
    the_first_version_is_left_alone_and_tried_again,
    offers_say_what_a_fault_costs_them,
);

/// Calculates until the version is gone; how many receipts it took. Every receipt is priced.
fn sell_until(shop: &Shop, version: &str, most: usize) -> usize {
    for n in 0..most {
        let id = format!("s-{n}");
        let answer = shop.post(&path(&id, "calculate"), &id, &one_line("G1", "349.90", None).to_string());
        assert_eq!(answer.status, 200, "no till sees a failed receipt: {}", answer.text);
        if version_of(&answer.accepted()) != version {
            return n;
        }
    }
    panic!("still {version} after {most} receipts: {}", shop.product()["rollout"])
}

fn a_version_that_traps_goes_back_by_itself(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("6.100.101");
    shop.roll_out(&json!({"version": "6.100.101"}));
    let receipts = sell_until(&shop, "6.100.101", 50);
    assert!(receipts >= 20, "{receipts} receipts prove nothing");
    let rollout = shop.product()["rollout"].clone();
    assert_eq!(rollout["active"]["version"], "1.0.0");
    let reason = rollout["reason"].as_str().unwrap();
    assert!(reason.starts_with("version 6.100.101 failed on") && reason.contains("trap on"), "{rollout}");
    let audit = shop.as_admin("GET", "/v1/audit?limit=1000", "").accepted();
    let last = audit["items"].as_array().unwrap().last().unwrap();
    assert_eq!((last["action"].as_str(), last["actor"].as_str()), (Some("mechanic.rollback"), Some("gates")));
    let taken_back = &last["detail"]["taken_back"];
    assert_eq!(taken_back["version"]["version"], "6.100.101");
    it_is_told_which_version_failed_and_why(&shop, &taken_back["fault"]);
}

/// `fault` is the most frequent one of version 6.100.101, which was taken back, as the audit log tells it.
fn it_is_told_which_version_failed_and_why(shop: &Shop, fault: &Value) {
    assert_eq!(fault["outcome"], "trap", "and not that it was left alone afterwards");
    assert!(fault["receipts"].as_u64().unwrap() >= 5, "{fault}");
    let text = fault["text"].as_str().unwrap();
    assert!(text.contains("unreachable"), "{fault}");

    let versions = shop.product()["versions"].clone();
    let failed = versions.as_array().unwrap().iter().find(|known| known["version"] == "6.100.101").unwrap();
    assert_eq!(failed["state"], "taken back");
    assert_eq!(&failed["taken_back"]["fault"], fault);

    let metrics = shop.call(("GET", "/metrics"), "", &[], "").text;
    let counter =
        r#"offer_host_mechanic_faults_total{mechanic="product",version="6.100.101",outcome="trap"} "#;
    let count = metrics.lines().find_map(|line| line.strip_prefix(counter)).expect("the metric");
    assert!(count.parse::<u64>().unwrap() >= fault["receipts"].as_u64().unwrap(), "{count}");
    assert!(metrics.contains("# HELP offer_host_mechanic_faults Receipts on which"), "{metrics}");

    let console = shop.as_integration("GET", "/admin", "").text;
    assert!(console.contains("6.100.101 was taken back by the host at "), "{console}");
    let page = shop.as_integration("GET", "/admin/mechanics/product", "").text;
    assert!(page.contains(r#"<span class="state taken back">taken back</span>"#), "{page}");
    assert!(page.contains("trap on ") && page.contains(text), "{page}");

    // Whoever sends the same file again is told, too.
    let again = shop.upload_product("6.100.101");
    assert_eq!((&again["state"], &again["taken_back"]["fault"]), (&json!("taken back"), fault));
    let admin = shop.named_key("admin", "me");
    let status = ["mechanic", "status", "product", "--at", &shop.address(), "--api-key", &admin];
    let told = shop.command(&status);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8(told.stdout).unwrap();
    for part in ["1.0.0        live: active", "6.100.101    taken back", "version 6.100.101 failed on", text]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
}

fn a_canary_that_traps_ends_by_itself(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("6.100.101");
    let rolled = shop.roll_out(&json!({
        "version": "6.100.101", "canary_percent": "100", "gates": {"min_receipts": 10, "fault_percent": "20"},
    }));
    assert_eq!(rolled["gates"], json!({"min_receipts": 10, "fault_percent": 2000}));
    let receipts = sell_until(&shop, "6.100.101", 40);
    assert!(receipts >= 10, "{receipts}");
    assert_eq!(shop.product()["rollout"]["canary"], Value::Null);
}

fn a_version_that_takes_too_much_fuel_goes_back(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("8.100.101");
    for n in 0..25 {
        let id = format!("b-{n}");
        shop.post(&path(&id, "calculate"), &id, &one_line("G1", "349.90", None).to_string()).accepted();
    }
    let gates = json!({"min_receipts": 5, "fuel_percent": "200"});
    shop.roll_out(&json!({"version": "8.100.101", "gates": gates}));
    sell_until(&shop, "8.100.101", 60);
    let reason = shop.product()["rollout"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("units of fuel"), "{reason}");
}

fn a_version_that_gives_too_much_goes_back(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("3.100.101");
    let gates = json!({"min_receipts": 5, "money_per_receipt": {"to": "60.00"}});
    shop.roll_out(&json!({"version": "3.100.101", "gates": gates}));
    sell_until(&shop, "3.100.101", 60);
    let reason = shop.product()["rollout"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("on average"), "{reason}");
}

fn the_first_version_is_left_alone_and_tried_again(database: Database) {
    let shop = Shop::open(database);
    // An offer that makes any version of the hostile mechanic trap, of which there is only one.
    shop.upload("hostile", tests::guests::guest("hostile").unwrap().to_vec()).accepted();
    shop.as_admin("PUT", "/v1/mechanics/hostile/rollout", r#"{"version":"1.0.0"}"#).accepted();
    let misbehaving = |how: u32| {
        let params =
            json!({"misbehave": how, "items": [{"target": "G1", "method": "percent", "value": "10"}]});
        json!({"mechanic": "hostile", "params": params})
    };
    it_says_that_it_has_failed(&shop, &misbehaving(16));
    shop.run_offer("trap", &misbehaving(1));
    let outcome = |id: &str| {
        let answer = shop.post(&path(id, "calculate"), id, &one_line("G1", "349.90", None).to_string());
        let answer = answer.accepted();
        let hostile = answer["mechanics"].as_array().unwrap().iter().find(|one| one["name"] == "hostile");
        hostile.unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    let first: Vec<String> = (0..8).map(|n| outcome(&format!("a-{n}"))).collect();
    assert_eq!(first.get(..5).unwrap(), ["trap"; 5]);
    assert_eq!(first.get(5..).unwrap(), ["disabled"; 3], "nobody waits for what fails anyway");
    let status = shop.as_admin("GET", "/v1/mechanics/hostile", "").accepted();
    assert_eq!(status["rollout"]["active"]["health"]["left_alone"], true, "{status}");
    assert_eq!(status["rollout"]["active"]["version"], "1.0.0", "there is nothing to go back to");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    // Receipts that do not need the mechanic leave the attempt to one that does.
    for n in 0..3 {
        let id = format!("other-{n}");
        let answer = shop.post(&path(&id, "calculate"), &id, &one_line("G4", "89.99", None).to_string());
        assert!(!answer.accepted()["mechanics"].to_string().contains("hostile"));
    }
    assert_eq!([outcome("b-1"), outcome("b-2")], ["trap", "disabled"], "one receipt tries");
}

/// A mechanic that answers that it has failed on all its offers is told with its text, though no call went wrong.
fn it_says_that_it_has_failed(shop: &Shop, offer: &Value) {
    shop.run_offer("sorry", offer);
    let receipt = one_line("G1", "349.90", None).to_string();
    shop.post(&path("sorry", "calculate"), "sorry", &receipt).accepted();
    shop.as_integration("POST", "/v1/offers/sorry/stop", "").accepted();
    let health =
        shop.as_admin("GET", "/v1/mechanics/hostile", "").accepted()["rollout"]["active"]["health"].clone();
    let text = "sorry: this offer cannot be worked out";
    assert_eq!(
        health["fault_details"],
        json!([{"outcome": "failed", "text": text, "receipts": 1}]),
        "{health}"
    );
}

fn offers_say_what_a_fault_costs_them(database: Database) {
    let shop = Shop::open(database);
    shop.upload_product("6.100.101");
    let coffee = |on_fault: &str| {
        json!({"mechanic": "product", "on_fault": on_fault,
               "params": {"items": [{"target": "G1", "method": "percent", "value": "15"}]}})
    };
    // A gate that never closes, and fewer receipts than the breaker needs.
    let rolled = json!({"version": "6.100.101", "gates": {"min_receipts": 1000}});
    shop.roll_out(&rolled);
    let receipt = one_line("G1", "349.90", None).to_string();

    let skipped = shop.post(&path("p-1", "calculate"), "p-1", &receipt).accepted();
    assert_eq!(skipped["totals"]["discount"], "0.00");
    assert_eq!(skipped["not_applied"][0]["reason"], "mechanic_failed");

    shop.run_offer("coffee-15", &coffee("previous_version"));
    let before = shop.post(&path("p-2", "calculate"), "p-2", &receipt).accepted();
    assert_eq!(before["totals"]["discount"], "52.49");
    let reward = &before["lines"][0]["offers"][0];
    assert_eq!((&reward["offer"], &reward["mechanic_version"]), (&json!("coffee-15"), &json!("1.0.0")));
    let outcomes: Vec<(&str, &str)> = before["mechanics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|mechanic| mechanic["name"] == "product")
        .map(|mechanic| (mechanic["version"].as_str().unwrap(), mechanic["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [("6.100.101", "trap"), ("1.0.0", "ok")]);

    shop.post(&path("p-2", "confirm"), "confirm", "").accepted();
    let feed = shop.as_integration("GET", "/v1/results/export", "").text;
    let feed: Vec<Value> = feed.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let fired = feed.iter().find(|row| row["event"] == "fired" && row["offer"] == "coffee-15").unwrap();
    assert_eq!(fired["mechanic_version"], "1.0.0", "the version that paid");

    shop.run_offer("coffee-15", &coffee("fail"));
    let failed = shop.post(&path("p-3", "calculate"), "p-3", &receipt);
    assert_eq!(failed.refused(), (503, "mechanic_failed".to_owned()));
    assert_eq!(shop.get("/v1/purchases/p-3").status, 404, "nothing is stored");

    let wrong = shop.put("/v1/offers/coffee-15", &coffee("explode").to_string());
    assert_eq!((wrong.status, wrong.json()["errors"][0]["pointer"].clone()), (422, json!("/on_fault")));
}
