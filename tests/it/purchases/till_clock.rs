//! The till's clock is evidence, not truth: how far it may be off, and the dates by which limits count.

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, path, reference};

on_both_databases!(
    a_till_with_a_wrong_clock_is_told,
    a_daily_limit_counts_by_the_hosts_date,
    late_receipts_count_by_their_own_date,
);

/// As `offer-host config --defaults` has them.
const DEFAULTS: [(&str, &str); 2] =
    [("PURCHASES__TILL_BEHIND_SECONDS", "86400"), ("PURCHASES__TILL_AHEAD_SECONDS", "300")];

fn receipt(at: &str) -> Value {
    let mut receipt = reference();
    receipt["at"] = json!(at);
    receipt
}

fn calculate(shop: &Shop, id: &str, at: &str) -> Answer {
    shop.post(&path(id, "calculate"), &format!("c {id}"), &receipt(at).to_string())
}

fn a_till_with_a_wrong_clock_is_told(database: Database) {
    let shop = Shop::open_with(database, &DEFAULTS);
    let now = Timestamp::now();
    for (id, at, refused) in [
        ("now", now, false),
        ("hours behind", now - 23.hours(), false),
        ("minutes ahead", now + 4.minutes(), false),
        ("a day behind", now - 25.hours(), true),
        ("ahead", now + 10.minutes(), true),
        ("1990", "1990-01-01T00:00:00Z".parse().expect("a time"), true),
        ("2099", "2099-01-01T00:00:00Z".parse().expect("a time"), true),
    ] {
        let id = id.replace(' ', "-");
        let answer = calculate(&shop, &id, &at.to_string());
        if !refused {
            answer.accepted();
            continue;
        }
        assert_eq!(answer.refused(), (422, "till_clock".to_owned()), "{id}");
        let document = answer.json();
        let problem = &document["errors"][0];
        assert_eq!(problem["pointer"], "/at", "{document}");
        assert!(
            problem["detail"].as_str().is_some_and(|text| text.contains("/v1/receipts/offline")),
            "{document}"
        );
        assert_eq!(shop.get(&format!("/v1/purchases/{id}")).status, 404, "nothing is stored");
        let mut row = receipt(&at.to_string());
        row["purchase_id"] = json!(id);
        let taken = shop.late(&[row]);
        assert_eq!(taken[0]["status"], "accepted", "{taken:?}");
        let told = taken[0]["result"]["warnings"].to_string().contains("till_clock");
        assert_eq!(told, at > now, "{taken:?}");
    }
    shop.verify();
}

fn daily(shop: &Shop, reward: &str) {
    let params = json!({"reward": reward, "items": [{"method": "amount", "value": "10.00"}]});
    let limits = json!([{"per": "member", "period": "day", "uses": "1"}]);
    let stacking = json!({"mode": "cumulative"});
    let offer = json!({"mechanic": "receipt", "params": params, "limits": limits, "stacking": stacking});
    shop.run_offer("daily", &offer);
}

fn pays(answer: &Value) -> bool {
    answer["lines"].to_string().contains(r#""offer":"daily""#)
}

/// The date in the zone of the store.
fn today() -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Moscow").expect("a zone");
    Timestamp::now().to_zoned(zone).date().to_string()
}

fn a_daily_limit_counts_by_the_hosts_date(database: Database) {
    // Once more if midnight passes meanwhile.
    loop {
        let (shop, date) = (Shop::open(database), today());
        daily(&shop, "discount");
        let paid = ["2026-11-22", "2099-01-01", "1990-01-01"].map(|day| {
            let answer = calculate(&shop, day, &format!("{day}T10:15:00+03:00")).accepted();
            shop.post(&path(day, "confirm"), &format!("k {day}"), "").accepted();
            pays(&answer)
        });
        let replayed = shop.as_integration("POST", &path("2099-01-01", "replay"), "").accepted();
        assert_eq!(replayed["identical"], true, "{replayed}");
        shop.verify();
        if date == today() {
            assert_eq!(paid, [true, false, false]);
            return;
        }
    }
}

fn late_receipts_count_by_their_own_date(database: Database) {
    loop {
        let (shop, date) = (Shop::open_with(database, &DEFAULTS), today());
        daily(&shop, "points");
        let row = |id: &str, at: &str| {
            let mut row = receipt(at);
            row["purchase_id"] = json!(id);
            row
        };
        let taken = shop.late(&[
            row("monday", "2026-01-05T10:15:00+03:00"),
            row("monday-again", "2026-01-05T20:15:00+03:00"),
            row("tuesday", "2026-01-06T10:15:00+03:00"),
            row("future", "2099-01-01T10:15:00+03:00"),
            row("another-future", "2098-01-01T10:15:00+03:00"),
        ]);
        let paid: Vec<bool> = taken.iter().map(|row| pays(&row["result"])).collect();
        shop.verify();
        if date == today() {
            assert_eq!(paid, [true, false, true, true, false], "{taken:?}");
            return;
        }
    }
}
