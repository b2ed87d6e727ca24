//! Paid is paid: a confirmation after the time-out, and a late receipt of a purchase that was calculated before.

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, member, paid_with, path, reference};

on_both_databases!(
    a_late_confirmation_commits_what_was_paid,
    a_late_confirmation_goes_beyond_what_is_left,
    a_late_confirmation_is_returned_like_any_other,
    limits_of_an_earlier_release_are_taken_as_far_as_known,
    a_late_receipt_is_confirmed_as_it_was_calculated,
    another_late_receipt_is_priced_as_one,
);

/// Ends the time of a calculation.
pub(super) fn time_out(shop: &Shop, id: &str) {
    for (table, column) in
        [("purchases", "id"), ("counter_grants", "purchase_id"), ("point_reservations", "purchase_id")]
    {
        shop.sql(&format!(
            "UPDATE {table} SET expires_at = 1 WHERE {column} = '{id}' AND expires_at IS NOT NULL"
        ));
    }
}

fn calculate(shop: &Shop, id: &str, receipt: &Value) -> Value {
    shop.post(&path(id, "calculate"), &format!("c {id}"), &receipt.to_string()).accepted()
}

fn confirm(shop: &Shop, id: &str) -> Answer {
    shop.post(&path(id, "confirm"), &format!("k {id}"), "")
}

fn sell(shop: &Shop, id: &str, receipt: &Value) -> Value {
    calculate(shop, id, receipt);
    confirm(shop, id).accepted()
}

/// The code and the text of the only warning.
fn warning(answer: &Value) -> (String, String) {
    let [warning] = answer["warnings"].as_array().expect("warnings").as_slice() else {
        panic!("one warning: {answer}");
    };
    let text = |name: &str| warning[name].as_str().expect("text").to_owned();
    (text("code"), text("detail"))
}

/// One use, and 100 discount, for everybody together.
fn limited(shop: &Shop) {
    let params = json!({"items": [{"method": "amount", "value": "100.00"}]});
    let limits = json!([{"per": "total", "uses": "1"}]);
    let stacking = json!({"mode": "cumulative"});
    let offer = json!({"mechanic": "receipt", "params": params, "limits": limits, "stacking": stacking});
    shop.run_offer("once", &offer);
}

fn uses_left(shop: &Shop, id: &str) -> bool {
    let answer = calculate(shop, id, &reference());
    shop.post(&path(id, "cancel"), &format!("x {id}"), "").accepted();
    answer["lines"].to_string().contains(r#""once""#)
}

fn a_late_confirmation_commits_what_was_paid(database: Database) {
    let shop = Shop::open(database);
    limited(&shop);
    let calculated = calculate(&shop, "p", &paid_with("300.00"));
    time_out(&shop, "p");
    assert_eq!(shop.get("/v1/purchases/p").accepted()["state"], "expired");
    let answer = confirm(&shop, "p");
    let confirmed = answer.accepted();
    assert_eq!((&confirmed["state"], &confirmed["totals"]), (&json!("confirmed"), &calculated["totals"]));
    let (code, detail) = warning(&confirmed);
    assert_eq!(code, "late_confirm");
    assert!(!detail.contains("beyond"), "nothing was exceeded: {detail}");
    let points = shop.points();
    assert_eq!((&points["spent"], &points["reserved"]), (&json!("300.00"), &json!("0.00")));
    assert!(!uses_left(&shop, "q"), "the use of the limit is taken");
    // The same answer every time.
    assert_eq!(confirm(&shop, "p"), answer);
    assert_eq!(shop.post(&path("p", "confirm"), "another key", ""), answer);
    assert_eq!(shop.get("/v1/purchases/p").accepted()["result"], confirmed);
    assert_eq!(shop.points(), points, "once");
    let replayed = shop.as_integration("POST", &path("p", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");
    shop.verify();
}

fn a_late_confirmation_goes_beyond_what_is_left(database: Database) {
    let shop = Shop::open(database);
    limited(&shop);
    let calculated = calculate(&shop, "p", &paid_with("600.00"));
    time_out(&shop, "p");
    // Another till takes the use and most of the points.
    let other = sell(&shop, "q", &paid_with("600.00"));
    assert_eq!(other["totals"]["points_spent"], calculated["totals"]["points_spent"]);
    let before = shop.points();
    let confirmed = confirm(&shop, "p").accepted();
    assert_eq!(confirmed["totals"], calculated["totals"], "never without discount or points");
    let (code, detail) = warning(&confirmed);
    assert_eq!(code, "late_confirm");
    for part in ["`once` by 1 use", "points more than the member had"] {
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
    let after = shop.points();
    let change = |name: &str| crate::shop::hundredths(&after[name]) - crate::shop::hundredths(&before[name]);
    let of = |name: &str| crate::shop::hundredths(&confirmed["totals"][name]);
    assert_eq!(change("spent"), of("points_spent"));
    assert_eq!(change("available"), of("points_earned") - of("points_spent"));
    assert!(after["available"].as_str().is_some_and(|points| points.starts_with('-')), "{after}");
    shop.verify();
}

fn a_late_confirmation_is_returned_like_any_other(database: Database) {
    let shop = Shop::open(database);
    limited(&shop);
    calculate(&shop, "p", &paid_with("300.00"));
    time_out(&shop, "p");
    shop.import("/v1/members/imports", &member("100.00").to_string()).accepted();
    confirm(&shop, "p").accepted();
    assert!(!uses_left(&shop, "q"));
    let all = json!({"lines": [
        {"position": 1, "quantity": "2"}, {"position": 2, "quantity": "0.478"},
        {"position": 3, "quantity": "1"}, {"position": 4, "quantity": "3"},
    ]});
    shop.post(&path("p", "returns"), "r", &all.to_string()).accepted();
    shop.post(&path("p", "returns/p-r1/confirm"), "rk", "").accepted();
    let points = shop.points();
    assert_eq!((&points["available"], &points["spent"]), (&json!("100.00"), &json!("0.00")));
    assert!(uses_left(&shop, "s"));
    shop.verify();
}

/// Releases before this one kept no limits beside the reservations.
fn limits_of_an_earlier_release_are_taken_as_far_as_known(database: Database) {
    let shop = Shop::open(database);
    limited(&shop);
    calculate(&shop, "p", &reference());
    time_out(&shop, "p");
    shop.sql("UPDATE purchases SET grants = NULL");
    shop.sql("DELETE FROM counter_grants");
    let (code, detail) = warning(&confirm(&shop, "p").accepted());
    assert_eq!(code, "late_confirm");
    assert!(detail.contains("earlier release"), "{detail}");
    shop.verify();
}

fn late(id: &str, receipt: &Value) -> Value {
    let mut receipt = receipt.clone();
    receipt["purchase_id"] = json!(id);
    receipt["at"] = json!("2025-11-22T10:17:30+03:00");
    receipt
}

fn a_late_receipt_is_confirmed_as_it_was_calculated(database: Database) {
    let shop = Shop::open(database);
    for (id, in_time) in [("open", true), ("over", false)] {
        let calculated = calculate(&shop, id, &paid_with("100.00"));
        assert_eq!(calculated["totals"]["discount"], "104.97");
        if !in_time {
            time_out(&shop, id);
        }
        // The till that was cut off does not repeat the points.
        let row = late(id, &reference());
        let taken = shop.late(std::slice::from_ref(&row));
        assert_eq!(taken[0]["status"], "accepted", "{taken:?}");
        let result = &taken[0]["result"];
        assert_eq!((&result["state"], &result["totals"]), (&json!("confirmed"), &calculated["totals"]));
        let codes: Vec<_> =
            result["warnings"].as_array().expect("warnings").iter().map(|one| &one["code"]).collect();
        assert_eq!(codes, if in_time { vec![] } else { vec!["late_confirm"] }, "{result}");
        let points = shop.points();
        let again = shop.late(std::slice::from_ref(&row));
        assert_eq!((&again[0]["status"], &again[0]["result"]), (&json!("duplicate"), result));
        assert_eq!(shop.points(), points, "once");
    }
    assert_eq!(shop.points()["spent"], "200.00");

    // It was confirmed, and the till has not heard so.
    let sold = sell(&shop, "heard", &reference());
    let mut row = late("heard", &reference());
    (row["calculation"], row["payable"]) = (sold["calculation"].clone(), sold["totals"]["payable"].clone());
    let again = shop.late(&[row]);
    assert_eq!((&again[0]["status"], &again[0]["result"]), (&json!("duplicate"), &sold));
    shop.verify();
}

fn another_late_receipt_is_priced_as_one(database: Database) {
    let shop = Shop::open(database);
    let mut lines = reference()["lines"].clone();
    lines[0]["quantity"] = json!("3");
    let changes = [
        ("lines", lines),
        ("member", json!(null)),
        ("pay_points", json!("100.00")),
        ("coupons", json!(["SPRING"])),
        ("payable", json!("1821.44")),
        ("calculation", json!("another")),
    ];
    for (number, (field, value)) in changes.into_iter().enumerate() {
        let purchase = format!("p-{number}");
        calculate(&shop, &purchase, &paid_with("10.00"));
        let mut row = late(&purchase, &reference());
        row[field] = value;
        let taken = shop.late(std::slice::from_ref(&row));
        assert_eq!(taken[0]["status"], "accepted", "{field}: {taken:?}");
        let result = &taken[0]["result"];
        let totals = &result["totals"];
        assert_eq!(
            (&totals["discount"], &totals["points_paid"]),
            (&json!("0.00"), &json!("0.00")),
            "{field}"
        );
        let told = result["warnings"].as_array().expect("warnings").iter();
        let told = told.filter(|warning| warning["code"] == "late_receipt_differs").collect::<Vec<_>>();
        assert_eq!(told.len(), 1, "{field}: never silently: {result}");
        assert!(told[0]["detail"].as_str().is_some_and(|text| text.contains(field)), "{field}: {told:?}");
        assert_eq!(shop.late(&[row])[0]["result"], *result, "{field}");
    }
    assert_eq!(shop.points()["reserved"], "0.00");
    let replayed = shop.as_integration("POST", &path("p-0", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");
    shop.verify();
}
