//! From draft to archive.

use serde_json::{Value, json};

use super::{coffee, get, listed, paid, places, post};
use crate::shop::on_both_databases;
use crate::shop::{Database, Shop};

on_both_databases!(an_edit_waits_for_run, an_archived_offer_stays_away);

const COFFEE: &str = "/v1/offers/coffee-15";

fn states(shop: &Shop) -> Vec<Value> {
    let versions = get(shop, COFFEE)["versions"].clone();
    versions.as_array().expect("versions").iter().map(|version| version["state"].clone()).collect()
}

fn standing(shop: &Shop) -> (Value, Value, Value) {
    let offer = listed(shop, "coffee-15").expect("the offer");
    (offer["version"].clone(), offer["state"].clone(), offer["running_version"].clone())
}

fn an_edit_waits_for_run(database: Database) {
    let shop = Shop::open(database);
    let before = get(&shop, "/v1/plan");
    let edited = shop.put(COFFEE, &coffee("10").to_string()).accepted();
    assert_eq!(
        (&edited["version"], &edited["state"], &edited["running_version"]),
        (&json!(2), &json!("draft"), &json!(1))
    );
    assert_eq!(get(&shop, "/v1/plan"), before);
    assert_eq!(paid(&shop, "coffee-15"), Some(("104.97".to_owned(), 1)));
    assert_eq!(standing(&shop), (json!(2), json!("draft"), json!(1)));
    shop.kill();
    shop.start();
    assert_eq!(paid(&shop, "coffee-15"), Some(("104.97".to_owned(), 1)), "also after a restart");

    let run = post(&shop, &format!("{COFFEE}/run")).accepted();
    assert_eq!(
        (&run["version"], &run["state"], &run["running_version"]),
        (&json!(2), &json!("running"), &json!(2))
    );
    assert!(run["revision"].as_i64() > edited["revision"].as_i64(), "{run}");
    assert_eq!(paid(&shop, "coffee-15"), Some(("69.98".to_owned(), 2)));
    assert_eq!(states(&shop), ["stopped", "running"]);
    let again = shop.put(COFFEE, &coffee("10").to_string()).accepted();
    assert_eq!((&again["version"], &again["revision"]), (&json!(2), &run["revision"]), "the same body");

    let back = post(&shop, &format!("{COFFEE}/run?version=1")).accepted();
    assert_eq!((&back["version"], &back["running_version"]), (&json!(1), &json!(1)));
    assert_eq!(paid(&shop, "coffee-15"), Some(("104.97".to_owned(), 1)));
    assert_eq!(standing(&shop), (json!(2), json!("stopped"), json!(1)));
    assert_eq!(post(&shop, &format!("{COFFEE}/run?version=9")).refused(), (404, "not_found".to_owned()));
    assert_eq!(get(&shop, "/v1/plan")["plan"], before["plan"], "the same offers, the same plan");

    // What the edit warned of, the start says again.
    let mut gone = coffee("10");
    gone["params"]["items"][0]["target"] = json!("gone");
    gone["filters"]["period"] = json!({"end": "2020-01-01"});
    let put = shop.put("/v1/offers/gone", &gone.to_string()).accepted();
    assert_eq!(places(&put, "warnings"), ["/params/items/0/target unknown_product"]);
    let run = post(&shop, "/v1/offers/gone/run").accepted();
    let both = ["/params/items/0/target unknown_product", "/filters/period/end period_over"];
    assert_eq!(places(&run, "warnings"), both);
    post(&shop, "/v1/offers/gone/stop").accepted();

    let console = shop.as_integration("GET", "/admin", "").text;
    assert!(console.contains("<td>running v1; v2 stopped</td>"), "{console}");
    let bad = shop.put(COFFEE, &coffee("101").to_string());
    assert_eq!(bad.refused(), (422, "offer_refused".to_owned()));
    assert_eq!(places(&bad.json(), "errors"), ["/params/items/0/value out_of_range"]);
    let stopped = post(&shop, &format!("{COFFEE}/stop")).accepted();
    assert_eq!((&stopped["version"], &stopped["state"]), (&json!(1), &json!("stopped")));
    assert_eq!(paid(&shop, "coffee-15"), None);
}

fn an_archived_offer_stays_away(database: Database) {
    let shop = Shop::open(database);
    let archive = format!("{COFFEE}/archive");
    assert_eq!(post(&shop, &archive).refused(), (409, "offer_running".to_owned()));
    post(&shop, &format!("{COFFEE}/stop")).accepted();
    for _ in 0..2 {
        assert_eq!(post(&shop, &archive).accepted()["state"], "archived");
    }
    for call in ["run", "run?version=1", "approve"] {
        let refused = post(&shop, &format!("{COFFEE}/{call}"));
        assert_eq!(refused.refused(), (409, "offer_archived".to_owned()), "{call}");
    }
    let edit = shop.put(COFFEE, &coffee("10").to_string());
    assert_eq!(edit.refused(), (409, "offer_archived".to_owned()));
    let mut row = coffee("10");
    row["external_id"] = json!("coffee-15");
    let import = shop.import("/v1/offers/imports", &row.to_string());
    assert_eq!(places(&import.json(), "errors"), ["/0/external_id offer_archived"]);
    assert_eq!(states(&shop), ["archived"]);
    assert_eq!(paid(&shop, "coffee-15"), None);
}

#[test]
fn what_must_be_approved_does_not_run_before() {
    let mut shop = Shop::open(Database::Sqlite);
    shop.kill();
    shop.set("OFFERS__REQUIRE_APPROVAL", "true");
    shop.start();
    shop.put(COFFEE, &coffee("10").to_string()).accepted();
    let run = format!("{COFFEE}/run");
    assert_eq!(post(&shop, &run).refused(), (409, "offer_not_approved".to_owned()));
    assert_eq!(paid(&shop, "coffee-15"), Some(("104.97".to_owned(), 1)));
    for _ in 0..2 {
        let approved = post(&shop, &format!("{COFFEE}/approve")).accepted();
        assert_eq!(
            (&approved["state"], &approved["version"], &approved["running_version"]),
            (&json!("approved"), &json!(2), &json!(1))
        );
    }
    post(&shop, &run).accepted();
    assert_eq!(paid(&shop, "coffee-15"), Some(("69.98".to_owned(), 2)));
    // What has been live was approved.
    post(&shop, &format!("{run}?version=1")).accepted();

    let mut row = coffee("12");
    row["external_id"] = json!("coffee-12");
    let import = shop.import("/v1/offers/imports?run=true", &row.to_string());
    assert_eq!(places(&import.json(), "errors"), ["/0/external_id offer_not_approved"]);
    assert_eq!(shop.import("/v1/offers/imports", &row.to_string()).accepted()["offers"][0]["state"], "draft");
}
