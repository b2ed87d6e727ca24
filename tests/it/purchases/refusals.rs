//! Every refusal has its stable code.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;
use tests::postgres::{psql, url};

use super::on_both_databases;
use crate::shop::{Answer, Database, Shop, path, reference};

on_both_databases!(every_refusal_has_its_code, a_full_queue_asks_for_patience);

const JSON: (&str, &str) = ("Content-Type", "application/json");
const NDJSON: (&str, &str) = ("Content-Type", "application/x-ndjson");
const KEY: (&str, &str) = ("Idempotency-Key", "k");

/// Those about the life of purchases and returns are in `life` and `returns`.
fn every_refusal_has_its_code(database: Database) {
    let shop = Shop::open_with(database, &[("LIMITS__BODY_BYTES", "2000"), ("LIMITS__RECEIPT_LINES", "4")]);
    let calculate = path("p", "calculate");
    let (calculate, confirm) = (("POST", calculate.as_str()), ("POST", "/v1/purchases/none/confirm"));
    let large = format!("\"{}\"", "x".repeat(2_000));
    let mut long = reference();
    long["lines"].as_array_mut().expect("lines").push(json!({
        "position": 5, "goods_id": "X", "quantity": "1", "price": "1.00", "amount": "1.00",
    }));
    let (long, long_key) = (long.to_string(), "k".repeat(256));
    let cases: [(&str, Answer, u16, &str); 18] = [
        ("no JSON", shop.call(calculate, "pos", &[JSON], "{"), 400, "malformed_json"),
        (
            "an unknown mode",
            shop.call(("POST", "/v1/catalog/imports?mode=half"), "integration", &[NDJSON], ""),
            400,
            "malformed_query",
        ),
        ("no key of a call", shop.call(confirm, "pos", &[], ""), 400, "idempotency_key_missing"),
        (
            "a blank key",
            shop.call(confirm, "pos", &[("Idempotency-Key", " ")], ""),
            400,
            "idempotency_key_malformed",
        ),
        (
            "a long key",
            shop.call(confirm, "pos", &[("Idempotency-Key", &long_key)], ""),
            400,
            "idempotency_key_malformed",
        ),
        ("nobody", shop.call(calculate, "nobody", &[JSON], "{}"), 401, "unauthorized"),
        ("another role", shop.call(calculate, "integration", &[JSON], "{}"), 403, "forbidden"),
        ("no address", shop.call(("GET", "/v1/nothing"), "pos", &[], ""), 404, "not_found"),
        ("no purchase", shop.call(confirm, "pos", &[KEY], ""), 404, "not_found"),
        (
            "no member",
            shop.call(("GET", "/v1/members/none/points"), "integration", &[], ""),
            404,
            "not_found",
        ),
        ("no method", shop.call(("DELETE", calculate.1), "pos", &[], ""), 405, "method_not_allowed"),
        ("too large", shop.call(calculate, "pos", &[JSON], &large), 413, "body_too_large"),
        (
            "another type",
            shop.call(calculate, "pos", &[("Content-Type", "text/plain")], "{}"),
            415,
            "unsupported_media_type",
        ),
        ("a bad receipt", shop.call(calculate, "pos", &[JSON], "{}"), 422, "receipt_refused"),
        ("too many lines", shop.call(calculate, "pos", &[JSON], &long), 422, "receipt_refused"),
        ("a bad offer", shop.put("/v1/offers/o", "{}"), 422, "offer_refused"),
        ("a bad row", shop.import("/v1/catalog/imports", "{}"), 422, "import_refused"),
        ("a bad type", shop.put("/v1/attributes/a", "{}"), 422, "attribute_refused"),
    ];
    for (what, answer, status, code) in cases {
        assert_eq!(answer.refused(), (status, code.to_owned()), "{what}");
        let document = answer.json();
        assert_eq!(document["type"], format!("urn:offer-host:problem:{code}"), "{what}");
        for name in ["title", "detail"] {
            assert!(document[name].as_str().is_some_and(|text| !text.is_empty()), "{what}: {document}");
        }
        assert_eq!(answer.retry_after, None, "{what}");
    }
}

fn a_full_queue_asks_for_patience(database: Database) {
    let shop = Shop::open_with(database, &[("PRICING__THREADS", "1"), ("PRICING__QUEUE", "1")]);
    let receipt = reference().to_string();
    let refused = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..16 {
            let (shop, receipt, refused) = (&shop, &receipt, &refused);
            scope.spawn(move || {
                for number in 0..200 {
                    if refused.load(Ordering::Relaxed) {
                        return;
                    }
                    let call = path(&format!("p-{client}"), "calculate");
                    let answer = shop.post(&call, &format!("{client}-{number}"), receipt);
                    if answer.status != 200 {
                        assert_eq!(answer.refused(), (503, "overloaded".to_owned()));
                        assert_eq!(answer.retry_after.as_deref(), Some("1"));
                        refused.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert!(refused.into_inner(), "16 clients never found the queue full");
    shop.post(&path("p", "calculate"), "c", &receipt).accepted();
    shop.verify();
}

#[test]
fn a_database_that_is_away_is_no_fault_of_the_call() {
    let shop = Shop::open(Database::Postgres);
    let receipt = reference().to_string();
    shop.post(&path("p", "calculate"), "c", &receipt).accepted();
    let (_, name) = shop.database_url().rsplit_once('/').expect("a path");
    let name = name.split('?').next().expect("a name");
    let server = url();
    let allow = |connections: bool| {
        psql(&server, &format!("alter database \"{name}\" allow_connections {connections}"));
    };
    allow(false);
    let cut =
        format!("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{name}'");
    psql(&server, &cut);
    let away = shop.post(&path("p", "confirm"), "k", "");
    assert_eq!(away.refused(), (503, "unavailable".to_owned()));
    assert_eq!(away.retry_after.as_deref(), Some("1"));
    allow(true);
    shop.post(&path("p", "confirm"), "k", "").accepted();
    shop.verify();
}
