//! Confirming and returning read the amounts that are stored with a calculation, and of purchases of earlier
//! releases, which stored none, the texts. Both give the same bytes.

use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, paid_with, path, reference};

on_both_databases!(
    purchases_without_amounts_go_on_alike,
    texts_are_not_read_where_there_are_amounts,
    what_cannot_be_read_is_refused,
);

/// Points that expire in a hundred years, so that their validity shows in the balance.
const SETTINGS: [(&str, &str); 2] =
    [("POINTS__LIFETIME_MINUTES", "52560000"), ("POINTS__LIFETIME_ROUNDING", "month")];

fn create(shop: &Shop, key: &str, lines: &Value) -> Answer {
    shop.post(&path("p", "returns"), key, &json!({"lines": lines}).to_string())
}

fn step(shop: &Shop, number: u32, step: &str) -> Answer {
    shop.post(&path("p", &format!("returns/p-r{number}/{step}")), &format!("{step}-{number}"), "")
}

/// The events of the feed without the time of returns, which is that of the test.
fn feed(shop: &Shop) -> Vec<Value> {
    let feed = shop.as_integration("GET", "/v1/results/export", "");
    assert_eq!(feed.status, 200, "{}", feed.text);
    let event = |row: &str| {
        let mut event: Value = serde_json::from_str(row).expect("a row");
        event.as_object_mut().expect("an event").retain(|name, _| name != "at");
        event
    };
    feed.text.lines().map(event).collect()
}

/// The balance without the times of the test's own clock: when an entry was written, and since when the imported points
/// are valid, which never expire. Those that the purchase earns are valid by the time of the receipt.
fn balance(shop: &Shop) -> String {
    let mut points = shop.points();
    for entry in points["entries"].as_array_mut().expect("entries") {
        let entry = entry.as_object_mut().expect("an entry");
        entry.remove("at");
        if entry["expires_at"].is_null() {
            entry.remove("active_from");
        }
    }
    points.to_string()
}

/// The answers and balances of a sale, a confirmed return, a cancelled one, and the return of the rest, with a
/// statement run before every step that reads the amounts.
fn a_life(database: Database, statements: &[&str]) -> (Vec<String>, Vec<Value>) {
    let shop = Shop::open_with(database, &SETTINGS);
    shop.run_offer(
        "on-top",
        &json!({
            "mechanic": "product",
            "params": {"items": [{"target": "G4", "method": "amount_per_unit", "value": "1.00"}]},
            "limits": [{"per": "total", "uses": "1"}],
        }),
    );
    let meanwhile = || statements.iter().for_each(|statement| shop.sql(statement));
    let mut answers = Vec::new();
    let mut took = |answer: Answer| {
        answer.accepted();
        answers.push(answer.text);
        answers.push(balance(&shop));
    };
    took(shop.post(&path("p", "calculate"), "c", &paid_with("300.00").to_string()));
    meanwhile();
    took(shop.post(&path("p", "confirm"), "k", ""));
    let coffee = json!([{"position": 1, "quantity": "1"}]);
    for (number, last) in [(1, "confirm"), (2, "cancel")] {
        meanwhile();
        took(create(&shop, &format!("r-{number}"), &coffee));
        meanwhile();
        took(step(&shop, number, last));
    }
    meanwhile();
    let rest = json!([
        {"position": 1, "quantity": "1"}, {"position": 2, "quantity": "0.478"},
        {"position": 3, "quantity": "1"}, {"position": 4, "quantity": "3"},
    ]);
    took(create(&shop, "r-3", &rest));
    meanwhile();
    took(step(&shop, 3, "confirm"));
    assert_eq!(create(&shop, "r-4", &coffee).status, 422, "nothing is left");
    shop.verify();
    (answers, feed(&shop))
}

fn purchases_without_amounts_go_on_alike(database: Database) {
    let expected = a_life(database, &[]);
    assert!(expected.0.iter().any(|answer| answer.contains("\"expiring\":[{")), "{expected:?}");
    let forget = ["UPDATE purchases SET sold = NULL", "UPDATE returns SET lines = NULL"];
    assert_eq!(a_life(database, &forget), expected);
    // An earlier release calculates again and leaves the amounts of the calculation before.
    let of_another =
        r#"UPDATE purchases SET sold = replace(sold, '"answer":"sha256:', '"answer":"sha256:0')"#;
    assert_eq!(a_life(database, &[of_another]), expected);
}

fn texts_are_not_read_where_there_are_amounts(database: Database) {
    let expected = a_life(database, &[]);
    let unreadable = [
        "UPDATE purchases SET request = '{}'",
        "UPDATE returns SET answer = '{}' WHERE state <> 'confirmed'",
    ];
    assert_eq!(a_life(database, &unreadable), expected);
}

fn what_cannot_be_read_is_refused(database: Database) {
    let shop = Shop::open(database);
    let confirm = |key: &str| shop.post(&path("p", "confirm"), key, "");
    shop.post(&path("p", "calculate"), "c", &reference().to_string()).accepted();
    let points = shop.points();
    for (number, damage) in [
        "UPDATE purchases SET sold = '{}'",
        r#"UPDATE purchases SET sold = '{"form":2}'"#,
        "UPDATE purchases SET sold = NULL, request = '{}'",
    ]
    .into_iter()
    .enumerate()
    {
        shop.sql(damage);
        assert_eq!(
            confirm(&format!("k-{number}")).refused(),
            (500, "stored_data_damaged".to_owned()),
            "{damage}"
        );
        assert_eq!(shop.points(), points, "{damage}");
    }
    // The purchase can be calculated again, and goes on.
    shop.post(&path("p", "calculate"), "c-2", &reference().to_string()).accepted();
    confirm("k").accepted();
    create(&shop, "r", &json!([{"position": 1, "quantity": "1"}])).accepted();
    for damage in ["UPDATE returns SET lines = '{}'", "UPDATE returns SET lines = NULL, answer = '{}'"] {
        shop.sql(damage);
        for last in ["confirm", "cancel"] {
            assert_eq!(
                step(&shop, 1, last).refused(),
                (500, "stored_data_damaged".to_owned()),
                "{damage}, {last}"
            );
        }
    }
    shop.verify();
}
