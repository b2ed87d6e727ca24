//! Keys that an offer does not have: refused at every door, while what earlier releases took goes on.

use serde_json::{Value, json};

use super::{coffee, get, paid, places, post};
use crate::shop::on_both_databases;
use crate::shop::{Database, Shop};

on_both_databases!(an_unknown_key_is_refused_at_every_door, what_was_live_goes_on_without_its_unknown_keys);

const COFFEE: &str = "/v1/offers/coffee-15";

/// The offer for everybody that was meant for some.
fn misplaced(percent: &str) -> Value {
    let mut offer = coffee(percent);
    offer["audience"] = json!("feb");
    offer
}

fn an_unknown_key_is_refused_at_every_door(database: Database) {
    let shop = Shop::open(database);
    let meant = "did you mean `filters.audience`?";
    let put = shop.put(COFFEE, &misplaced("30").to_string());
    assert_eq!(put.refused(), (422, "offer_refused".to_owned()));
    assert_eq!(places(&put.json(), "errors"), ["/audience unknown_field"]);
    assert!(put.text.contains(meant) && put.text.contains("`mechanic`"), "{}", put.text);

    let mut row = misplaced("30");
    row["external_id"] = json!("other");
    let imported = shop.import("/v1/offers/imports", &format!("{row}\n"));
    assert_eq!(places(&imported.json(), "errors"), ["/0/audience unknown_field"]);
    assert!(imported.text.contains(meant), "{}", imported.text);

    for (template, place) in
        [(misplaced("${percent}"), "/audience"), (json!({"offer": misplaced("30")}), "/offer/audience")]
    {
        let refused = shop.put("/v1/offer-templates/t", &template.to_string());
        assert_eq!(refused.refused(), (422, "template_refused".to_owned()));
        assert_eq!(places(&refused.json(), "errors"), [format!("{place} unknown_field")]);
        assert!(refused.text.contains(meant), "{}", refused.text);
    }
    let candidate = json!({"candidate": {"offers": [row]}, "purchases": {}}).to_string();
    let tested = shop.as_integration("POST", "/v1/backtests", &candidate);
    assert!(tested.text.contains("/candidate/offers/0/audience"), "{}", tested.text);
    assert_eq!(paid(&shop, "coffee-15"), Some(("104.97".to_owned(), 1)), "nothing has changed");
}

fn what_was_live_goes_on_without_its_unknown_keys(database: Database) {
    let shop = Shop::open(database);
    // Earlier releases stored them. Version 1 runs, version 2 is a draft.
    shop.put(COFFEE, &coffee("10").to_string()).accepted();
    shop.kill();
    for (version, body) in [(1, misplaced("15")), (2, misplaced("10"))] {
        shop.sql(&format!(
            "UPDATE offer_versions SET body = '{body}' WHERE external_id = 'coffee-15' AND version = {version}"
        ));
    }
    shop.start();
    assert_eq!(paid(&shop, "coffee-15"), Some(("104.97".to_owned(), 1)), "it is as live as it was");
    let plan = get(&shop, "/v1/plan");
    let warning = plan["warnings"][0]["detail"].as_str().expect("a warning");
    for part in
        ["offer `coffee-15`, which is stored, at /audience", "did you mean `filters.audience`?", "goes on"]
    {
        assert!(warning.contains(part), "{warning}");
    }
    let same = post(&shop, &format!("{COFFEE}/run?version=2"));
    assert_eq!(same.refused(), (422, "offer_refused".to_owned()), "a draft is not live yet");
    assert!(same.text.contains("`filters.audience`"), "{}", same.text);

    let mut row = misplaced("15");
    row["external_id"] = json!("coffee-15");
    let again = shop.import("/v1/offers/imports?run=true", &format!("{row}\n"));
    assert_eq!(
        places(&again.json(), "errors"),
        ["/0/audience unknown_field"],
        "it is sent anew, over a draft"
    );
    post(&shop, &format!("{COFFEE}/stop")).accepted();
    assert_eq!(paid(&shop, "coffee-15"), None);
    post(&shop, &format!("{COFFEE}/run?version=1")).accepted();
    assert_eq!(
        paid(&shop, "coffee-15"),
        Some(("104.97".to_owned(), 1)),
        "a roll-back is never refused for it"
    );
}
