//! Scales are facts of the database (docs/pricing-rules.md#numbers-and-documents): a start with others is refused.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::workspace;

use crate::CODE_CACHE;
use crate::shop::on_both_databases;
use crate::shop::{Database, Shop, path, reference};

on_both_databases!(
    other_scales_are_refused_at_every_start,
    a_database_from_before_takes_those_of_its_last_start,
    purchases_of_other_scales_are_returned,
);

/// The message of a start on the database of a shop, which must be refused.
fn refused_start(shop: &Shop, name: &str, value: &str) -> String {
    let mut child = Command::new(workspace::offer_host().expect("the binary"))
        .arg("serve")
        .env("OFFER_HOST__MECHANICS__CACHE", CODE_CACHE)
        .envs(shop.settings().iter().cloned())
        .env(format!("OFFER_HOST__{name}"), value)
        .stderr(Stdio::piped())
        .spawn()
        .expect("offer-host starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().expect("its state").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("it was there");
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().expect("its log");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{name}={value}: {said}");
    said
}

fn other_scales_are_refused_at_every_start(database: Database) {
    let mut shop = Shop::open(database);
    let points = shop.points();
    let others = [
        ("POINTS__EXPONENT", "0", "points.exponent is 0 in the settings, and 2 in the database"),
        ("CURRENCY__EXPONENT", "3", "currency.exponent is 3 in the settings, and 2 in the database"),
        ("CURRENCY__CODE", "EUR", "currency.code is EUR in the settings, and RUB in the database"),
    ];
    if database == Database::Postgres {
        // A second node, beside the first.
        for (name, value, told) in others {
            let said = refused_start(&shop, name, value);
            assert!(said.contains(told) && said.contains("Set what the database says"), "{said}");
        }
        assert_eq!(shop.points(), points, "the first node goes on as before");
    }
    shop.kill();
    for (name, value, told) in others {
        let said = refused_start(&shop, name, value);
        assert!(said.contains(told), "{said}");
    }
    // Other settings that price may change.
    shop.set("CURRENCY__ROUNDING", "down");
    shop.start();
    assert_eq!(shop.points(), points);
}

fn a_database_from_before_takes_those_of_its_last_start(database: Database) {
    let shop = Shop::empty(database, &[("POINTS__EXPONENT", "1")]);
    shop.kill();
    shop.sql("DELETE FROM scales");
    let said = refused_start(&shop, "POINTS__EXPONENT", "2");
    assert!(said.contains("points.exponent is 2 in the settings, and 1 in the database"), "{said}");
    shop.start();
    shop.kill();
    refused_start(&shop, "POINTS__EXPONENT", "2");
}

/// As where nodes with other settings had been started before scales were kept.
fn purchases_of_other_scales_are_returned(database: Database) {
    let mut shop = Shop::open(database);
    let buy = |id: &str| {
        shop.post(&path(id, "calculate"), id, &reference().to_string()).accepted();
        shop.post(&path(id, "confirm"), &format!("{id}-c"), "").accepted();
    };
    ["p", "q"].into_iter().for_each(buy);
    shop.kill();
    shop.sql("UPDATE purchases SET sold = NULL WHERE id = 'q'");
    shop.sql("UPDATE scales SET points_exponent = 0");
    shop.set("POINTS__EXPONENT", "0");
    shop.start();
    let lines = json!({"lines": [{"position": 1, "quantity": "1"}]}).to_string();
    let mut answers = Vec::new();
    for id in ["p", "q"] {
        let answer = shop.post(&path(id, "returns"), &format!("{id}-r"), &lines).accepted();
        shop.post(&path(id, &format!("returns/{id}-r1/confirm")), &format!("{id}-s"), "").accepted();
        answers.push(answer["totals"].clone());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["payable"], "297.42", "half of 699.80 less 15 %");
    // The member is read all the same, though its balance was imported as 1000.00.
    shop.post(&path("new", "calculate"), "new", &reference().to_string()).accepted();
    assert_eq!(shop.get("/v1/purchases/new").accepted()["member_id"], "m-1");
    shop.verify();
}
