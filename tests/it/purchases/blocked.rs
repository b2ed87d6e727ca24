//! A member who is blocked between the calculation and its confirmation.

use serde_json::{Value, json};

use super::late_confirm::time_out;
use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, paid_with, path};

on_both_databases!(the_points_of_a_blocked_member_are_not_spent, what_a_blocked_member_has_paid_is_paid,);

fn set_state(shop: &Shop, state: &str) {
    shop.put("/v1/members/m-1/state", &json!({"state": state}).to_string()).accepted();
}

fn calculate(shop: &Shop, id: &str) -> Value {
    shop.post(&path(id, "calculate"), &format!("c {id}"), &paid_with("300.00").to_string()).accepted()
}

fn confirm(shop: &Shop, id: &str) -> Answer {
    shop.post(&path(id, "confirm"), &format!("k {id}"), "")
}

fn the_points_of_a_blocked_member_are_not_spent(database: Database) {
    let shop = Shop::open(database);
    calculate(&shop, "p");
    let points = shop.points();
    set_state(&shop, "blocked");
    let refused = confirm(&shop, "p");
    assert_eq!(refused.refused(), (409, "member_blocked".to_owned()));
    let detail = refused.json()["detail"].as_str().expect("a text").to_owned();
    assert!(detail.contains("calculate it again"), "{detail}");
    assert_eq!(shop.points(), points, "nothing has moved");
    assert_eq!(shop.get("/v1/purchases/p").accepted()["state"], "calculated");
    // Calculated again, as by nobody, the sale goes on; the key of the refused call may be used again.
    let again = shop.post(&path("p", "calculate"), "c again", &paid_with("300.00").to_string()).accepted();
    assert_eq!(again["totals"]["points_paid"], "0.00");
    assert!(again["warnings"].to_string().contains("member_blocked"), "{again}");
    assert_eq!(confirm(&shop, "p").accepted()["totals"], again["totals"]);
    let points = shop.points();
    assert_eq!((&points["available"], &points["spent"]), (&json!("1000.00"), &json!("0.00")));
    // One who is free again goes on as calculated.
    set_state(&shop, "normal");
    calculate(&shop, "q");
    set_state(&shop, "blocked");
    assert_eq!(confirm(&shop, "q").status, 409);
    set_state(&shop, "normal");
    confirm(&shop, "q").accepted();
    assert_eq!(shop.points()["spent"], "300.00");
    shop.verify();
}

fn what_a_blocked_member_has_paid_is_paid(database: Database) {
    let shop = Shop::open(database);
    let [late, offline] = ["late", "offline"].map(|id| calculate(&shop, id));
    time_out(&shop, "late");
    set_state(&shop, "blocked");
    let codes = |answer: &Value| -> Vec<String> {
        let warnings = answer["warnings"].as_array().expect("warnings").iter();
        warnings.map(|warning| warning["code"].as_str().expect("a code").to_owned()).collect()
    };
    let confirmed = confirm(&shop, "late").accepted();
    assert_eq!(
        (&confirmed["totals"], codes(&confirmed)),
        (&late["totals"], vec!["late_confirm".to_owned(), "member_blocked".to_owned()])
    );
    // Before its time-out, the till says so with a late receipt.
    assert_eq!(confirm(&shop, "offline").refused(), (409, "member_blocked".to_owned()));
    let mut row = paid_with("300.00");
    row["purchase_id"] = json!("offline");
    let taken = shop.late(&[row]);
    assert_eq!(taken[0]["status"], "accepted", "{taken:?}");
    let result = &taken[0]["result"];
    assert_eq!((&result["totals"], codes(result)), (&offline["totals"], vec!["member_blocked".to_owned()]));
    assert_eq!(shop.points()["spent"], "600.00");
    shop.verify();
}
