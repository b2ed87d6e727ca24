//! Nodes whose clocks differ: what has expired is said by the clock of the database, and a unit comes back once.

use serde_json::json;

use super::on_both_databases;
use crate::shop::{Database, Shop, path, reference};

on_both_databases!(a_unit_comes_back_once);

const UNIT: &str = r#"{"lines":[{"position":3,"quantity":"1"}]}"#;

fn sell(shop: &Shop) {
    shop.post(&path("p", "calculate"), "c", &reference().to_string()).accepted();
    shop.post(&path("p", "confirm"), "k", "").accepted();
}

/// One clock has said that the first return is over, so that there was a second one, and another says that it is not.
fn a_unit_comes_back_once(database: Database) {
    let shop = Shop::open(database);
    sell(&shop);
    let create = |key: &str| shop.post(&path("p", "returns"), key, UNIT).accepted();
    let confirm = |number: u32| {
        shop.post(&path("p", &format!("returns/p-r{number}/confirm")), &format!("rk-{number}"), "")
    };
    create("r-1");
    shop.sql("UPDATE returns SET expires_at = 1 WHERE id = 'p-r1'");
    create("r-2");
    shop.sql("UPDATE returns SET state = 'calculated', expires_at = 4000000000 WHERE id = 'p-r1'");
    confirm(1).accepted();
    let points = shop.points();
    let second = confirm(2);
    assert_eq!(second.refused(), (409, "already_returned".to_owned()));
    assert!(second.json()["detail"].as_str().is_some_and(|text| text.contains("line 3")), "{}", second.text);
    assert_eq!(shop.points(), points);
    shop.post(&path("p", "returns/p-r2/cancel"), "x", "").accepted();
    shop.verify();
}

/// Gives the database a clock of its own, in a schema that is searched before that of the system.
fn with_a_clock_of_its_own(shop: &Shop) {
    let (_, name) = shop.database_url().rsplit_once('/').expect("a path");
    let name = name.split('?').next().expect("a name").to_owned();
    for statement in [
        "CREATE SCHEMA shifted",
        "CREATE TABLE shifted.clock (ahead INTERVAL NOT NULL)",
        "INSERT INTO shifted.clock VALUES (INTERVAL '0')",
        "CREATE FUNCTION shifted.clock_timestamp() RETURNS TIMESTAMPTZ LANGUAGE SQL VOLATILE AS \
         'SELECT pg_catalog.clock_timestamp() + ahead FROM shifted.clock'",
        &format!("ALTER DATABASE \"{name}\" SET search_path = public, shifted, pg_catalog"),
    ] {
        shop.sql(statement);
    }
    shop.kill();
    shop.start();
}

#[test]
fn the_time_of_all_nodes_is_that_of_the_database() {
    let first = Shop::open(Database::Postgres);
    with_a_clock_of_its_own(&first);
    let second = first.join(&[]);
    let an_hour_later = || first.sql("UPDATE shifted.clock SET ahead = ahead + INTERVAL '1 hour'");
    let calculated = first.post(&path("p", "calculate"), "c", &reference().to_string()).accepted();
    assert_eq!(second.get("/v1/purchases/p").accepted()["state"], "calculated");
    // By the clocks of the nodes no time has passed.
    an_hour_later();
    for node in [&first, &second] {
        assert_eq!(node.get("/v1/purchases/p").accepted()["state"], "expired");
    }
    let confirmed = second.post(&path("p", "confirm"), "k", "").accepted();
    assert_eq!(confirmed["totals"], calculated["totals"]);
    assert_eq!(confirmed["warnings"][0]["code"], "late_confirm");

    first.post(&path("p", "returns"), "r-1", UNIT).accepted();
    assert_eq!(second.post(&path("p", "returns"), "r-2", UNIT).status, 422, "the first is open");
    an_hour_later();
    let id = second.post(&path("p", "returns"), "r-2", UNIT).accepted()["return_id"].clone();
    assert_eq!(id, json!("p-r2"));
    let late = first.post(&path("p", "returns/p-r1/confirm"), "rk-1", "");
    assert_eq!(late.refused(), (409, "return_expired".to_owned()));
    second.post(&path("p", "returns/p-r2/confirm"), "rk-2", "").accepted();
    first.verify();
}
