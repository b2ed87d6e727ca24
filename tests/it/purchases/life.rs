//! Calculate, confirm, cancel, and what the same call gets the second time.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::on_both_databases;
use crate::shop::{Database, Shop, paid_with, path, reference};

on_both_databases!(
    the_same_call_gets_the_same_bytes,
    a_key_belongs_to_one_call,
    there_is_one_way_through_the_life_of_a_purchase,
    time_runs_out,
    a_calculation_replaces_the_one_before,
);

fn the_same_call_gets_the_same_bytes(database: Database) {
    let shop = Shop::open(database);
    let receipt = paid_with("300.00").to_string();
    let (calculate, confirm) = (path("p", "calculate"), path("p", "confirm"));
    let calculated = shop.post(&calculate, "c-1", &receipt);
    calculated.accepted();
    assert_eq!(shop.points()["reserved"], "300.00");
    assert_eq!(shop.post(&calculate, "c-1", &receipt), calculated);
    let confirmed = shop.post(&confirm, "k-1", "");
    confirmed.accepted();
    // It is the stored result, not one that was worked out again.
    let expected = calculated.text.replacen(r#""state":"calculated""#, r#""state":"confirmed""#, 1);
    assert_eq!(confirmed.text, expected);
    let points = shop.points();
    assert_eq!((&points["available"], &points["spent"]), (&json!("750.87"), &json!("300.00")));

    for key in ["k-1", "k-1", "another key"] {
        assert_eq!(shop.post(&confirm, key, ""), confirmed);
    }
    assert_eq!(shop.post(&calculate, "c-1", &receipt), calculated, "it was answered so then");
    shop.kill();
    shop.start();
    assert_eq!(shop.post(&confirm, "k-1", ""), confirmed, "also after a restart");
    assert_eq!(shop.points(), points, "it had its effect once");
    let stored = shop.get("/v1/purchases/p").accepted();
    assert_eq!((&stored["state"], &stored["result"]), (&json!("confirmed"), &confirmed.json()));

    let (calculate, cancel) = (path("q", "calculate"), path("q", "cancel"));
    shop.post(&calculate, "c-2", &receipt).accepted();
    let other = shop.post(&path("q", "confirm"), "another key", "").refused();
    assert_eq!(other, (409, "idempotency_key_reused".to_owned()), "it was used, if for nothing new");
    let cancelled = shop.post(&cancel, "k-2", "");
    assert_eq!(cancelled.accepted()["state"], "cancelled");
    for key in ["k-2", "another key of q"] {
        assert_eq!(shop.post(&cancel, key, ""), cancelled);
    }
    assert_eq!(shop.points(), points, "what was reserved is back");
    shop.verify();
}

fn a_key_belongs_to_one_call(database: Database) {
    let shop = Shop::open(database);
    let calculate = path("p", "calculate");
    let receipt = reference().to_string();
    let calculated = shop.post(&calculate, "c", &receipt);
    shop.post(&path("p", "confirm"), "k", "").accepted();
    let other = paid_with("1.00").to_string();
    for (what, path, key, body) in [
        ("another body", calculate.clone(), "c", other.as_str()),
        ("another purchase", path("q", "calculate"), "c", receipt.as_str()),
        ("another step", path("p", "cancel"), "k", ""),
        ("another body of a step", path("p", "confirm"), "k", "{}"),
        ("a return", path("p", "returns"), "k", r#"{"lines":[{"position":1,"quantity":"1"}]}"#),
    ] {
        let answer = shop.post(&path, key, body);
        assert_eq!(answer.refused(), (409, "idempotency_key_reused".to_owned()), "{what}");
        let is_fingerprint =
            |word: &&str| word.len() == 64 && word.chars().all(|letter| letter.is_ascii_hexdigit());
        let words = answer.text.split(|letter: char| !letter.is_ascii_alphanumeric());
        let fingerprints: BTreeSet<&str> = words.filter(is_fingerprint).collect();
        assert_eq!(fingerprints.len(), 2, "{what}: that of then and that of now: {}", answer.text);
    }
    assert_eq!(shop.post(&calculate, "c", &receipt), calculated);
    assert_eq!(shop.get("/v1/purchases/q").status, 404, "nothing was stored");
    shop.verify();
}

fn there_is_one_way_through_the_life_of_a_purchase(database: Database) {
    let shop = Shop::open(database);
    let receipt = paid_with("10.00").to_string();
    for (id, step) in [("confirmed", "confirm"), ("cancelled", "cancel")] {
        shop.post(&path(id, "calculate"), &format!("{id} c"), &receipt).accepted();
        shop.post(&path(id, step), &format!("{id} k"), "").accepted();
    }
    shop.post(&path("open", "calculate"), "open c", &receipt).accepted();
    let points = shop.points();
    let unit = r#"{"lines":[{"position":1,"quantity":"1"}]}"#;
    for (id, step, body, expected) in [
        ("confirmed", "cancel", "", (409, "purchase_confirmed")),
        ("confirmed", "calculate", receipt.as_str(), (409, "purchase_confirmed")),
        ("cancelled", "confirm", "", (409, "purchase_cancelled")),
        ("cancelled", "calculate", receipt.as_str(), (409, "purchase_cancelled")),
        ("cancelled", "returns", unit, (409, "purchase_not_confirmed")),
        ("open", "returns", unit, (409, "purchase_not_confirmed")),
        ("unknown", "confirm", "", (404, "not_found")),
        ("unknown", "cancel", "", (404, "not_found")),
        ("unknown", "returns", unit, (404, "not_found")),
    ] {
        let answer = shop.post(&path(id, step), &format!("{id} {step}"), body);
        assert_eq!(answer.refused(), (expected.0, expected.1.to_owned()), "{step} of {id}");
    }
    assert_eq!(shop.points(), points);
    shop.verify();
}

fn time_runs_out(database: Database) {
    let shop = Shop::open_with(database, &[("PURCHASES__TIMEOUT_SECONDS", "3")]);
    let before = shop.points();
    let receipt = paid_with("300.00").to_string();
    shop.post(&path("p", "calculate"), "c", &receipt).accepted();
    thread::sleep(Duration::from_millis(3_100));
    assert_eq!(shop.get("/v1/purchases/p").accepted()["state"], "expired");
    assert_eq!(shop.points(), before, "what was reserved is back");
    shop.verify();
    // The till may calculate again.
    let again = shop.post(&path("p", "calculate"), "c again", &receipt).accepted();
    assert_eq!((&again["state"], &again["warnings"]), (&json!("calculated"), &json!([])));
    let confirmed = shop.post(&path("p", "confirm"), "k", "").accepted();
    assert_eq!(confirmed["warnings"], json!([]), "it is in time");
    assert_eq!(shop.points()["available"], "750.87");

    let unit = r#"{"lines":[{"position":1,"quantity":"1"}]}"#;
    let returned = shop.post(&path("p", "returns"), "r", unit).accepted();
    let id = returned["return_id"].as_str().expect("an id").to_owned();
    thread::sleep(Duration::from_millis(3_100));
    let late = shop.post(&path("p", &format!("returns/{id}/confirm")), "rk", "");
    assert_eq!(late.refused(), (409, "return_expired".to_owned()));
    assert_eq!(shop.get("/v1/purchases/p").accepted()["returns"][0]["state"], "expired");
    assert_eq!(shop.points()["available"], "750.87");
    shop.verify();
}

fn a_calculation_replaces_the_one_before(database: Database) {
    let shop = Shop::open(database);
    let first = shop.post(&path("p", "calculate"), "c-1", &paid_with("300.00").to_string());
    let mut last = first.clone();
    for (number, points, reserved) in [(2, "600.00", "600.00"), (3, "0.00", "0.00"), (4, "300.00", "300.00")]
    {
        last = shop.post(&path("p", "calculate"), &format!("c-{number}"), &paid_with(points).to_string());
        assert_eq!(last.accepted()["totals"]["points_paid"], points);
        assert_eq!(shop.points()["reserved"], reserved);
        assert_eq!(shop.points()["spent"], "0.00", "nothing moves before it is confirmed");
    }
    assert_eq!(last, first, "what it reserves itself is not in its own way");
    let confirmed = shop.post(&path("p", "confirm"), "k", "").accepted();
    assert_eq!(confirmed["totals"], last.json()["totals"]);
    shop.verify();
}
