//! Candidates that are refused, with the place of each problem.

use serde_json::{Value, json};

use super::*;

on_both_databases!(what_cannot_be_tested_is_refused_whole, only_the_retailer_may_ask);

fn what_cannot_be_tested_is_refused_whole(database: Database) {
    let (shop, _) = shop(database);
    for (body, code, errors) in [
        (json!({}), "nothing_to_test", &[("/candidate", "nothing_to_test")][..]),
        (json!({"candidate": {}}), "nothing_to_test", &[("/candidate", "nothing_to_test")]),
        (
            json!({"candidate": {"stop": ["coffee-15"], "stops": []}, "purchase": {}}),
            "backtest_refused",
            &[("/candidate/stops", "unknown_field"), ("/purchase", "unknown_field")],
        ),
        (
            json!({"candidate": {"stop": ["tea"], "priorities": {"t/a": 1},
                                 "mechanics": {"product": "9.9.9", "magic": "1.0.0"}}}),
            "backtest_refused",
            &[
                ("/candidate/mechanics/magic", "unknown_mechanic"),
                ("/candidate/mechanics/product", "unknown_version"),
                ("/candidate/stop/0", "unknown_offer"),
                ("/candidate/priorities/t~1a", "unknown_offer"),
            ],
        ),
        (
            json!({"candidate": {"offers": [coffee("a", "15"), coffee("b", "150")]}}),
            "backtest_refused",
            &[("/candidate/offers/1/params/items/0/value", "out_of_range")],
        ),
        (
            json!({"candidate": {"offers": [coffee("a", "1"), coffee("a", "2")], "stop": ["a"]}}),
            "backtest_refused",
            &[("/candidate/offers/1", "duplicate_id"), ("/candidate/stop/0", "conflicting_fields")],
        ),
        (
            json!({"candidate": {"stop": ["coffee-15"]}, "purchases": {"last": 0, "from": "yesterday"}}),
            "backtest_refused",
            &[("/purchases/last", "out_of_range"), ("/purchases/from", "not_a_time")],
        ),
    ] {
        let answer = send(&shop, &body);
        assert_eq!(answer.refused(), (422, code.to_owned()), "{body}: {}", answer.text);
        let document = answer.json();
        let found = document["errors"].as_array().expect("errors");
        let found: Vec<(&str, &str)> =
            found.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect();
        assert_eq!(found, errors, "{document}");
    }
    let none = shop.as_integration("GET", PATH, "").accepted();
    assert_eq!(none, json!({"backtests": []}), "nothing was begun");
    let missing = shop.as_integration("GET", &format!("{PATH}/none"), "");
    assert_eq!(missing.refused(), (404, "not_found".to_owned()));
}

fn text<'a>(error: &'a Value, name: &str) -> &'a str {
    error[name].as_str().expect("text")
}

fn only_the_retailer_may_ask(database: Database) {
    let (shop, _) = shop(database);
    let body = json!({"candidate": {"stop": ["coffee-15"]}});
    let till = shop.call(("POST", PATH), "pos", &JSON, &body.to_string());
    assert_eq!(till.refused(), (403, "forbidden".to_owned()));
    let done = run(&shop, &body);
    let listed = shop.as_integration("GET", PATH, "").accepted();
    assert_eq!(listed["backtests"][0]["id"], done["id"]);
    assert_eq!(listed["backtests"][0]["state"], "done");
    assert_eq!(listed["backtests"][0].get("report"), None, "a list has no reports");
    assert_eq!(done["request"], body);
    let page = format!("{PATH}/{}/report", done["id"].as_str().expect("an id"));
    assert_eq!(shop.get(&page).refused(), (403, "forbidden".to_owned()));
    assert_eq!(shop.as_integration("GET", &page, "").status, 200);
}
