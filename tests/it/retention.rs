//! Retention: what is old goes, what the books and replays need stays, and who asks for what is gone is told so.

use std::fs::File;
use std::process::Output;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shop::{Database, Shop, on_both_databases, path, reference};

on_both_databases!(what_is_old_is_removed_and_said_to_be, a_slow_reader_is_told_what_is_gone);

const UNIT: &str = r#"{"lines":[{"position":1,"quantity":"1"}]}"#;

fn calculate(shop: &Shop, id: &str, key: &str) -> Value {
    shop.post(&path(id, "calculate"), key, &reference().to_string()).accepted()
}

fn sell(shop: &Shop, id: &str) {
    calculate(shop, id, &format!("c-{id}"));
    shop.post(&path(id, "confirm"), &format!("k-{id}"), "").accepted();
}

/// The time so many days ago, in seconds since 1970.
fn days_ago(days: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    now - days * 24 * 60 * 60
}

fn age(shop: &Shop, id: &str, days: u64) {
    shop.sql(&format!("UPDATE purchases SET updated_at = {} WHERE id = '{id}'", days_ago(days)));
}

/// The kinds of which `offer-host retention` names some, each with the number.
pub(crate) fn told(output: &Output) -> Vec<(String, u64)> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let kinds = document["kinds"].as_array().expect("kinds");
    let some = kinds.iter().map(|kind| {
        (kind["what"].as_str().expect("a name").to_owned(), kind["removed"].as_u64().expect("a number"))
    });
    some.filter(|(_, removed)| *removed > 0).collect()
}

pub(crate) fn retention(shop: &Shop, command: &str) -> Vec<(String, u64)> {
    told(&shop.command(&["retention", command, "--json"]))
}

fn kinds(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(what, removed)| ((*what).to_owned(), *removed)).collect()
}

fn what_is_old_is_removed_and_said_to_be(database: Database) {
    let uploads = TempDir::new().expect("a folder");
    let folder = uploads.path().to_str().expect("text");
    let shop = Shop::open_with(database, &[("IMPORTS__FOLDER", folder)]);
    for id in ["p-old", "p-middle", "p-new"] {
        sell(&shop, id);
    }
    shop.post(&path("p-old", "returns"), "r-1", UNIT).accepted();
    shop.post(&path("p-old", "returns/p-old-r1/confirm"), "r-2", "").accepted();
    calculate(&shop, "p-dropped", "c-dropped");
    shop.post(&path("p-dropped", "cancel"), "x-dropped", "").accepted();
    calculate(&shop, "p-expired", "c-expired");
    shop.sql("UPDATE purchases SET state = 'expired', expires_at = NULL WHERE id = 'p-expired'");
    let points = shop.points();
    assert_eq!(retention(&shop, "show"), [], "nothing is old");

    for (id, days) in
        [("p-old", 801), ("p-middle", 401), ("p-new", 399), ("p-dropped", 91), ("p-expired", 91)]
    {
        age(&shop, id, days);
    }
    shop.sql(&format!("UPDATE idempotency_keys SET created_at = {} WHERE key = 'c-p-new'", days_ago(31)));
    let left = |name: &str, days: u64| {
        let file = File::create(uploads.path().join(name)).expect("a file");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(days_ago(days))).expect("its time is set");
    };
    left("a.part-1", 2);
    left("b.part-1", 0);
    left("of-another-database.upload", 89);
    let old = kinds(&[
        ("idempotency_keys", 1),
        ("unconfirmed_purchases", 2),
        ("replay_inputs", 2),
        ("purchase_texts", 1),
        ("upload_files", 1),
    ]);
    assert_eq!(retention(&shop, "show"), old);
    assert_eq!(retention(&shop, "show"), old, "nothing was changed");
    assert_eq!(retention(&shop, "run"), old);
    assert_eq!(retention(&shop, "run"), []);
    shop.verify();
    assert_eq!(shop.points(), points);
    assert!(uploads.path().join("b.part-1").exists(), "it may still be received");

    let gone = (410, "purchase_removed".to_owned());
    assert_eq!(shop.get("/v1/purchases/p-old").refused(), gone);
    assert_eq!(shop.post(&path("p-old", "confirm"), "k-again", "").refused(), gone);
    assert_eq!(shop.post(&path("p-old", "returns"), "r-3", UNIT).refused(), gone);
    assert_eq!(shop.post(&path("p-old", "returns/p-old-r1/confirm"), "r-4", "").refused(), gone);
    assert_eq!(shop.as_integration("POST", &path("p-old", "replay"), "").refused(), gone);
    let why = |id: &str| shop.as_integration("GET", &path(id, "offers/coffee-15"), "");
    assert_eq!(why("p-old").refused(), gone);
    let why = why("p-middle").accepted();
    assert_eq!((&why["complete"], &why["applied"]), (&json!(false), &json!(true)), "{why}");
    let found = |query: &str| shop.as_integration("GET", &format!("/v1/purchases?{query}"), "").accepted();
    let of = |found: &Value, id: &str| {
        let purchases = found["purchases"].as_array().expect("purchases").clone();
        purchases.into_iter().find(|purchase| purchase["purchase_id"] == id)
    };
    let by_card = found("card=1");
    assert!(of(&by_card, "p-middle").is_some() && of(&by_card, "p-old").is_none(), "{by_card}");
    let old = of(&found("member=m-1"), "p-old").expect("its row stays");
    assert_eq!((&old["totals"], &old["identifier"]), (&Value::Null, &Value::Null));
    let receipt = reference().to_string();
    assert_eq!(
        shop.post(&path("p-old", "calculate"), "c-again", &receipt).refused(),
        (409, "purchase_confirmed".to_owned()),
        "its id is not free"
    );
    let mut late = reference();
    late["purchase_id"] = json!("p-old");
    let row = shop.late(&[late]).remove(0);
    assert_eq!((&row["status"], &row["code"]), (&json!("refused"), &json!("purchase_removed")));

    shop.get("/v1/purchases/p-middle").accepted();
    let inputs_gone = shop.as_integration("POST", &path("p-middle", "replay"), "");
    assert_eq!(inputs_gone.refused(), (410, "inputs_removed".to_owned()));
    shop.post(&path("p-middle", "returns"), "r-5", UNIT).accepted();
    shop.post(&path("p-middle", "returns/p-middle-r1/confirm"), "r-6", "").accepted();
    let replayed = shop.as_integration("POST", &path("p-new", "replay"), "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");

    for id in ["p-dropped", "p-expired"] {
        assert_eq!(shop.get(&format!("/v1/purchases/{id}")).refused(), (404, "not_found".to_owned()));
        calculate(&shop, id, &format!("again-{id}"));
    }
    // The key was another call's.
    calculate(&shop, "p-another", "c-p-new");
    assert_eq!(
        shop.post(&path("p-yet-another", "calculate"), "c-p-old", &receipt).refused(),
        (409, "idempotency_key_reused".to_owned())
    );
    shop.verify();
}

fn a_slow_reader_is_told_what_is_gone(database: Database) {
    let uploads = TempDir::new().expect("a folder");
    let folder = uploads.path().to_str().expect("text");
    let shop = Shop::open_with(database, &[("IMPORTS__FOLDER", folder)]);
    for id in ["p-1", "p-2", "p-3"] {
        sell(&shop, id);
    }
    let feed = |since: &str| shop.as_integration("GET", &format!("/v1/results/export{since}"), "");
    let cursors: Vec<(String, String)> = feed("")
        .text
        .lines()
        .map(|row| {
            let row: Value = serde_json::from_str(row).expect("a row");
            let text = |name: &str| row[name].as_str().expect("text").to_owned();
            (text("purchase_id"), text("cursor"))
        })
        .collect();
    let last_of = |purchase: &str| {
        let of = cursors.iter().rev().find(|(id, _)| id == purchase);
        format!("?since={}", of.expect("it is in the feed").1)
    };
    let rows = |since: &str| feed(since).text.lines().count();
    let after_second = rows(&last_of("p-2"));
    assert!(after_second > 0);
    for id in ["p-1", "p-3"] {
        shop.sql(&format!("UPDATE results SET happened_at = {} WHERE purchase_id = '{id}'", days_ago(801)));
    }
    assert_eq!(retention(&shop, "run"), kinds(&[("results", 1)]), "the first ones only");
    assert_eq!(feed(&last_of("p-1")).refused(), (410, "results_removed".to_owned()));
    assert_eq!(rows(&last_of("p-2")), after_second);
    assert!(feed("").text.contains("p-2"), "without a cursor it begins with what is there");
    assert_eq!(feed(&last_of("p-3")).text, "", "who has caught up goes on");
}
