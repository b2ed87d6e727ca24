//! Keys are made, listed, used, and end; refused ones are recorded.

use serde_json::{Value, json};

use super::client::{Client, new_key};
use super::on_both_databases;
use crate::shop::{Database, Shop};
use crate::waiting::wait_for;

on_both_databases!(
    a_key_lives_until_it_is_revoked,
    a_key_ends_on_its_day,
    refused_keys_are_recorded_at_a_bounded_rate
);

fn keys(shop: &Shop) -> Vec<Value> {
    shop.as_admin("GET", "/v1/keys", "").accepted()["keys"].as_array().expect("keys").clone()
}

fn audited(shop: &Shop, action: &str) -> Vec<Value> {
    let log = shop.as_admin("GET", "/v1/audit?limit=1000", "").accepted();
    let records = log["items"].as_array().expect("records").iter();
    records.filter(|record| record["action"] == action).cloned().collect()
}

fn a_key_lives_until_it_is_revoked(database: Database) {
    let shop = Shop::empty(database, &[]);
    let client = Client::of(&shop);
    let body = json!({"role": "pos", "name": "north", "pos": ["store-1"], "expires_at": "2099-01-01"});
    let made = shop.as_admin("POST", "/v1/keys", &body.to_string());
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.accepted();
    let (key, id) = (made["key"].as_str().expect("a key"), made["id"].as_str().expect("an id"));
    let use_it = || client.call(key, "GET /v1/purchases/none", "");
    assert_eq!(use_it().refused(), (404, "not_found".to_owned()), "it opens the door");

    // What a call leaves behind is written after its answer.
    let listed = wait_for("its use is noted", || {
        keys(&shop).into_iter().find(|one| one["id"] == id && one["last_used_at"].is_string())
    });
    for (name, value) in [
        ("role", json!("pos")),
        ("name", json!("north")),
        ("pos", json!(["store-1"])),
        ("state", json!("active")),
        ("expires_at", json!("2099-01-02T00:00:00Z")),
        ("revoked_at", Value::Null),
    ] {
        assert_eq!(listed[name], value, "{name} of {listed}");
    }
    assert!(!keys(&shop).iter().any(|one| one.to_string().contains(key)), "it is shown once");
    let output = shop.command(&["key", "list"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(id) && text.contains("store-1") && text.contains("active"), "{text}");

    // Another node refuses it at once, too.
    let other = (database == Database::Postgres).then(|| shop.join(&[]));
    let revoked = shop.as_admin("DELETE", &format!("/v1/keys/{id}"), "").accepted();
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(use_it().refused(), (401, "key_revoked".to_owned()));
    if let Some(node) = &other {
        let refused = Client::of(node).call(key, "GET /v1/purchases/none", "").refused();
        assert_eq!(refused, (401, "key_revoked".to_owned()));
    }
    assert_eq!(shop.as_admin("DELETE", &format!("/v1/keys/{id}"), "").accepted(), revoked, "once is enough");
    for unknown in ["0000", "zzzzzzzzzzzz", "00000000000000"] {
        assert_eq!(shop.as_admin("DELETE", &format!("/v1/keys/{unknown}"), "").status, 404, "{unknown}");
    }

    let second = new_key(&shop, &["--role", "integration", "--name", "erp"]);
    let erp = keys(&shop).into_iter().find(|one| one["name"] == "erp").expect("the key");
    let id = erp["id"].as_str().expect("an id").to_owned();
    assert!(shop.command(&["key", "revoke", &id]).status.success());
    assert_eq!(client.call(&second, "GET /v1/offers", "").refused(), (401, "key_revoked".to_owned()));
    let subjects = |action: &str| -> Vec<String> {
        let subject = |record: &Value| record["subject"].as_str().expect("a subject").to_owned();
        audited(&shop, action).iter().map(subject).collect()
    };
    for action in ["key.create", "key.revoke"] {
        let found = subjects(action);
        for name in ["north (", "erp ("] {
            assert_eq!(
                found.iter().filter(|subject| subject.starts_with(name)).count(),
                1,
                "{action}: {found:?}"
            );
        }
    }
}

fn a_key_ends_on_its_day(database: Database) {
    let shop = Shop::empty(database, &[]);
    let client = Client::of(&shop);
    for (expires, expected) in [("2020-01-01", 401), ("2020-01-01T00:00:00Z", 401), ("2099-01-01", 200)] {
        let key = new_key(&shop, &["--role", "integration", "--name", "erp", "--expires", expires]);
        let reply = client.call(&key, "GET /v1/offers", "");
        assert_eq!(reply.status, expected, "{expires}: {}", reply.text);
        assert_eq!(reply.code(), if expected == 401 { "key_expired" } else { "" });
    }
    let refused = shop.command(&["key", "create", "--role", "pos", "--name", "x", "--expires", "soon"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("neither a date"), "{refused:?}");
}

fn refused_keys_are_recorded_at_a_bounded_rate(database: Database) {
    let shop = Shop::empty(database, &[]);
    let client = Client::of(&shop);
    let till = new_key(&shop, &["--role", "pos", "--name", "till"]);
    let old = new_key(&shop, &["--role", "pos", "--name", "old", "--expires", "2020-01-01"]);
    for number in 0..30 {
        client.call(&format!("oh_{number}"), "GET /v1/offers", "").refused();
        client.call(&old, "GET /v1/purchases/none", "").refused();
        client.call(&till, "PUT /v1/offers/o", "{}").refused();
        client.send("GET /v1/offers", &[], "").refused();
    }
    let records = wait_for("refusals are recorded", || {
        Some(audited(&shop, "key.refused")).filter(|records| records.len() >= 3)
    });
    let mut told: Vec<_> = records
        .iter()
        .map(|record| {
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            let subject = text(&record["subject"]);
            let name = subject.split(' ').next().expect("a name").to_owned();
            (text(&record["detail"]["code"]), name, text(&record["detail"]["route"]))
        })
        .collect();
    told.sort();
    let expected = [
        ("forbidden", "till", "/v1/offers/{external_id}"),
        ("key_expired", "old", "/v1/purchases/{purchase_id}"),
        ("key_unknown", "unknown", "/v1/offers"),
    ];
    let expected = expected.map(|(code, name, route)| (code.to_owned(), name.to_owned(), route.to_owned()));
    assert_eq!(told, expected, "one of each in a minute; a call without a key is none");
    assert!(shop.command(&["audit", "verify"]).status.success());
}
