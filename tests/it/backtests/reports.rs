//! Reports of back-tests.

use std::io::Read as _;

use domain::decimal::parse_scaled;
use serde_json::{Value, json};
use tests::guests::product_version;

use super::*;
use crate::shop::hundredths;

on_both_databases!(
    another_percentage_changes_every_receipt,
    a_stopped_offer_gives_nothing,
    another_priority_lets_another_offer_win,
    another_version_of_a_mechanic_is_asked,
    what_is_live_already_changes_nothing,
    nothing_is_written,
    the_inputs_are_those_of_the_purchase,
    only_the_last_purchases_of_a_period_count,
    only_purchases_of_some_points_of_sale_count,
    the_command_says_the_same,
);

fn cents(amounts: &Value, of: &str) -> i64 {
    parse_scaled(amounts[of].as_str().expect("a decimal"), 2).expect("two places")
}

const SIDES: [&str; 3] = ["baseline", "candidate", "difference"];

/// Rows of offers and of categories are the same money as the totals.
fn adds_up(report: &Value) {
    let rows = |table: &str| report[table].as_array().expect("rows").clone();
    for (table, names) in [
        ("offers", &["discount", "points"][..]),
        ("categories", &["discount", "points", "points_paid", "payable"]),
        ("top_categories", &["discount", "points", "points_paid", "payable"]),
    ] {
        for (name, side) in names.iter().flat_map(|name| SIDES.map(|side| (name, side))) {
            let sums = |row: &Value| {
                if table == "offers" { row[*name].clone() } else { row["totals"][*name].clone() }
            };
            let sum: i64 = rows(table).iter().map(|row| cents(&sums(row), side)).sum();
            assert_eq!(sum, cents(&report["totals"][*name], side), "{table} {name} {side}: {report}");
        }
    }
    let receipts: i64 = rows("histogram").iter().filter_map(|bin| bin["receipts"].as_i64()).sum();
    assert_eq!(report["receipts"], receipts, "{report}");
    assert_eq!(report["receipts_unreadable"], 0, "{report}");
    assert_eq!(report["receipts_approximated"], 0, "{report}");
}

fn offer<'a>(report: &'a Value, id: &str) -> &'a Value {
    let offers = report["offers"].as_array().expect("offers");
    offers.iter().find(|offer| offer["offer"] == id).unwrap_or_else(|| panic!("no offer {id}: {report}"))
}

fn another_percentage_changes_every_receipt(database: Database) {
    let (shop, sold) = shop(database);
    let report = report(&shop, &json!({"offers": [coffee("coffee-15", "20")]}));
    adds_up(&report);
    assert_eq!(report["changes"], json!(["offer coffee-15: edited, from version 1"]));
    assert_eq!((&report["receipts"], &report["receipts_changed"]), (&json!(3), &json!(3)));
    // 20 % of 699.80 instead of 15 %, on each of three; and 5 % points on what is paid.
    let expected = json!({"baseline": "314.91", "candidate": "419.88", "difference": "104.97"});
    assert_eq!(report["totals"]["discount"], expected);
    assert_eq!(report["totals"]["payable"]["difference"], "-104.97");
    assert_eq!(report["totals"]["points"]["difference"], "-5.25");
    let sum = |name: &str| -> i64 { sold.iter().map(|answer| hundredths(&answer["totals"][name])).sum() };
    for (ours, theirs) in [("discount", "discount"), ("points", "points_earned"), ("payable", "payable")] {
        assert_eq!(cents(&report["totals"][ours], "baseline"), sum(theirs), "{ours} as it was sold");
    }
    let coffee = offer(&report, "coffee-15");
    assert_eq!(coffee["fired"], json!({"baseline": 3, "candidate": 3, "difference": 0}));
    assert_eq!(coffee["discount"], expected);
    let names = |table: &str| -> Vec<String> {
        let rows = report[table].as_array().expect("rows");
        rows.iter().map(|row| row["category"].as_str().unwrap_or("none").to_owned()).collect()
    };
    assert_eq!(names("top_categories"), ["DAIRY", "DRINKS"]);
    assert_eq!(names("categories"), ["CHEESE", "COFFEE", "MILK", "VODKA"]);
    let largest = &report["largest_changes"];
    let ids: Vec<&Value> =
        largest.as_array().expect("receipts").iter().map(|change| &change["purchase_id"]).collect();
    assert_eq!(ids, ["p-3", "p-2", "p-1"], "the same change: the newest first");
    assert_eq!(largest[0]["totals"]["discount"]["difference"], "34.99");
    assert_eq!(largest[0]["lines"][0]["goods_id"], "G1");
    let bins = report["histogram"].as_array().expect("bins");
    let full: Vec<_> = bins.iter().filter(|bin| bin["receipts"] != 0).collect();
    assert_eq!(full, [&json!({"from": "10.00", "to": "50.00", "receipts": 3})]);
}

fn a_stopped_offer_gives_nothing(database: Database) {
    let (shop, _) = shop(database);
    let report = report(&shop, &json!({"stop": ["coffee-15"]}));
    adds_up(&report);
    assert_eq!(report["totals"]["discount"]["difference"], "-314.91");
    let fired = json!({"baseline": 3, "candidate": 0, "difference": -3});
    assert_eq!(offer(&report, "coffee-15")["fired"], fired);
    let line = &report["largest_changes"][0]["lines"][0];
    assert_eq!(line["baseline_offers"], json!(["coffee-15", "points-5"]));
    assert_eq!(line["candidate_offers"], json!(["points-5"]));
}

fn another_priority_lets_another_offer_win(database: Database) {
    let (shop, _) = shop(database);
    shop.run_offer("coffee-10", &coffee("coffee-10", "10"));
    let report = report(&shop, &json!({"priorities": {"coffee-10": 20}}));
    adds_up(&report);
    assert_eq!(report["changes"], json!(["offer coffee-10: priority 0 → 20"]));
    assert_eq!(report["totals"]["discount"]["difference"], "-104.97");
    assert_eq!(offer(&report, "coffee-10")["discount"]["difference"], "209.94");
    assert_eq!(offer(&report, "coffee-15")["discount"]["difference"], "-314.91");
}

fn another_version_of_a_mechanic_is_asked(database: Database) {
    let (shop, _) = shop(database);
    let url = format!("{}/v1/mechanics/product/versions", shop.address());
    let key = format!("Bearer {}", shop.named_key("admin", "author"));
    let wasm = product_version("1.100.109").expect("a component");
    let request = ureq::post(url).header("Authorization", key).header("Content-Type", "application/wasm");
    let mut answer = request.send(&wasm[..]).expect("it is admitted");
    let mut text = String::new();
    answer.body_mut().as_reader().read_to_string(&mut text).expect("text");
    assert_eq!(answer.status(), 201, "{text}");
    let report = report(&shop, &json!({"mechanics": {"product": "1.100.109"}}));
    adds_up(&report);
    assert_eq!(report["changes"], json!(["mechanic product: 1.0.0 → 1.100.109"]));
    assert_ne!(report["baseline_plan"], report["candidate_plan"]);
    assert_eq!((&report["receipts_changed"], &report["faults"]), (&json!(0), &json!([])));
    assert_eq!(report["totals"]["discount"]["candidate"], "314.91");
}

fn what_is_live_already_changes_nothing(database: Database) {
    let (shop, _) = shop(database);
    let offers = shop.as_integration("GET", "/v1/offers/coffee-15", "").accepted();
    assert_eq!(offers["running_version"], 1, "{offers}");
    let candidate = json!({"offers": [coffee("coffee-15", "15")], "mechanics": {"product": "1.0.0"}});
    let report = report(&shop, &candidate);
    adds_up(&report);
    assert_eq!(report["changes"], json!([]));
    assert_eq!(report["baseline_plan"], report["candidate_plan"]);
    assert_eq!((&report["receipts_changed"], &report["largest_changes"]), (&json!(0), &json!([])));
    for name in ["discount", "points", "points_paid", "payable"] {
        assert_eq!(report["totals"][name]["difference"], "0.00", "{name}");
    }
    let bins = report["histogram"].as_array().expect("bins");
    let full: Vec<_> = bins.iter().filter(|bin| bin["receipts"] != 0).collect();
    assert_eq!(full, [&json!({"from": "0.00", "to": "0.00", "receipts": 3})]);
}

fn nothing_is_written(database: Database) {
    let (shop, _) = shop(database);
    let admin = shop.named_key("admin", "auditor");
    let seen = || {
        let audit = shop.with_key(&admin, ("GET", "/v1/audit"), "").accepted();
        let ours =
            ["/v1/plan", "/v1/offers", "/v1/members/m-1/points", "/v1/members/m-1", "/v1/results/export"];
        (audit["head"].clone(), ours.map(|path| shop.as_integration("GET", path, "").text))
    };
    let before = seen();
    let candidate = json!({"offers": [coffee("coffee-15", "50"), coffee("new", "60")], "stop": ["points-5"]});
    let first = report(&shop, &candidate);
    assert_eq!(first["receipts_changed"], 3);
    assert_eq!(seen(), before);
    assert_eq!(timeless(report(&shop, &candidate)), timeless(first), "the same again says the same");
    shop.verify();
}

fn the_inputs_are_those_of_the_purchase(database: Database) {
    let (shop, sold) = shop(database);
    let earned: i64 = sold.iter().map(|answer| hundredths(&answer["totals"]["points_earned"])).sum();
    assert!(earned > 0);
    let headers = [("Content-Type", "application/json")];
    let blocked =
        shop.call(("PUT", "/v1/members/m-1/state"), "integration", &headers, r#"{"state":"blocked"}"#);
    blocked.accepted();
    let report = report(&shop, &json!({"stop": ["coffee-15"]}));
    assert_eq!(cents(&report["totals"]["points"], "baseline"), earned);
}

fn only_the_last_purchases_of_a_period_count(database: Database) {
    let (shop, _) = shop(database);
    for (purchases, expected) in [
        (json!({"last": 2}), &["p-3", "p-2"][..]),
        (json!({"from": "2025-11-22T00:00:00+03:00"}), &["p-3", "p-2"]),
        (json!({"to": "2025-11-22T10:15:00+03:00"}), &["p-1"]),
        (json!({"from": "2025-11-21T00:00:00Z", "to": "2025-11-23T00:00:00Z", "last": 1}), &["p-2"]),
        (json!({"from": "2025-11-24T00:00:00Z"}), &[]),
    ] {
        let body = json!({"candidate": {"stop": ["coffee-15"]}, "purchases": purchases});
        let report = run(&shop, &body)["report"].clone();
        let changes = report["largest_changes"].as_array().expect("receipts").clone();
        let ids: Vec<Value> = changes.iter().map(|change| change["purchase_id"].clone()).collect();
        assert_eq!(ids, expected, "{purchases}");
        assert_eq!(report["receipts"], expected.len(), "{purchases}");
    }
}

fn only_purchases_of_some_points_of_sale_count(database: Database) {
    let (shop, sold) = shop(database);
    let mut elsewhere = reference();
    elsewhere["pos"] = json!("store-78/till-1");
    sell(&shop, "elsewhere", &elsewhere);
    let count = |pos: Value| {
        let purchases = json!({"pos": pos});
        run(&shop, &json!({"candidate": {"stop": ["coffee-15"]}, "purchases": purchases}))["receipts"].clone()
    };
    let here = json!(sold.len());
    for (pos, expected) in [
        (json!("store-77"), here.clone()),
        (json!(["store-77/till-3", "nowhere"]), here),
        (json!(["store-78"]), json!(1)),
        (json!("store-7"), json!(0)),
        (json!(["store-77", "store-78"]), json!(sold.len() + 1)),
    ] {
        assert_eq!(count(pos.clone()), expected, "{pos}");
    }
}

fn the_command_says_the_same(database: Database) {
    let (shop, _) = shop(database);
    let candidate = json!({"offers": [coffee("coffee-15", "20")]});
    let served = run(&shop, &json!({"candidate": candidate}));
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(file("candidate.json"), candidate.to_string()).expect("writing");
    let files = [file("candidate.json"), file("report.json"), file("page.html")];
    let arguments = ["backtest", "--candidate", &files[0], "--json", &files[1], "--html", &files[2]];
    let output = shop.command(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let verdict =
        "3 of 3 receipts would have been priced otherwise: 104.97 RUB more discount, and 5.25 points less.";
    assert!(text.contains(verdict), "{text}");
    assert!(text.contains("coffee-15"), "{text}");
    let written: Value =
        serde_json::from_str(&std::fs::read_to_string(&files[1]).expect("a report")).expect("JSON");
    assert_eq!(timeless(written), timeless(served["report"].clone()));
    let page = std::fs::read_to_string(&files[2]).expect("a page");
    let url = served["report_url"].as_str().expect("an address").to_owned();
    let html = [("Accept", "text/html,application/xhtml+xml")];
    let id = served["id"].as_str().expect("an id");
    let asked = shop.call(("GET", &format!("{PATH}/{id}")), "integration", &html, "");
    let fetched = shop.as_integration("GET", &url, "");
    assert_eq!((fetched.status, &fetched.text), (asked.status, &asked.text));
    let seconds =
        |page: &str| page.lines().filter(|line| !line.contains("Took")).collect::<Vec<_>>().join("\n");
    assert_eq!(seconds(&fetched.text), seconds(&page));
    assert!(page.contains(verdict) && page.contains("<svg"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}
