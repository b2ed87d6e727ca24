//! The audit log of a host: its records, and that every change of them is found.

use std::process::Output;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::shop::{Database, Shop, on_both_databases};
use crate::waiting::until;

on_both_databases!(
    a_day_of_two_people,
    what_is_refused_or_repeated_is_not_told,
    only_an_admin_reads_it,
    tampering_is_found,
    a_log_that_was_cut_off_is_found,
);

const DRAFT: &str =
    r#"{"title":"T","mechanic":"receipt","params":{"items":[{"method":"percent","value":"5"}]}}"#;

fn records(shop: &Shop, admin: &str, query: &str) -> Value {
    shop.with_key(admin, ("GET", &format!("/v1/audit{query}")), "").accepted()
}

/// The name of a key in the log.
fn actor(name: &str, key: &str) -> String {
    let digest = Sha256::digest(key);
    format!("{name} ({:.8})", hex::encode(digest))
}

fn hash(body: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(body)))
}

fn a_day_of_two_people(database: Database) {
    let shop = Shop::empty(database, &[]);
    let admin = shop.named_key("admin", "boss");
    let (anna, boris) = (shop.named_key("integration", "erp"), shop.named_key("integration", "erp"));
    let start = records(&shop, &admin, "");
    let before = start["head"]["number"].as_i64().expect("a number");
    let of = |action: &str| {
        let items = start["items"].as_array().expect("records").iter();
        items.filter(|item| item["action"] == action).count()
    };
    assert_eq!(of("key.create"), 6, "every key is told");
    assert_eq!((of("mechanic.upload"), of("settings.put")), (7, 1), "and what the host brings along");

    let by = |key: &str, method: &str, path: &str, body: &str| {
        shop.with_key(key, (method, path), body).accepted();
    };
    by(
        &anna,
        "POST",
        "/v1/members/imports",
        r#"{"id":"m-1","identifiers":[{"kind":"card","value":"card-of-m-1"}]}"#,
    );
    by(&anna, "POST", "/v1/members/imports", r#"{"id":"m-2"}"#);
    by(&anna, "PUT", "/v1/offers/o", DRAFT);
    by(&boris, "POST", "/v1/offers/o/approve", "");
    by(&boris, "POST", "/v1/offers/o/run", "");
    by(&anna, "PUT", "/v1/audiences/vip", r#"{"title":"VIP"}"#);
    by(&anna, "POST", "/v1/audiences/vip/members", r#"{"members":["m-1"]}"#);
    by(&boris, "PUT", "/v1/attributes/city", r#"{"type":"string"}"#);
    by(&boris, "PUT", "/v1/offer-templates/t", DRAFT);
    by(&boris, "PUT", "/v1/members/m-2/state", r#"{"state":"blocked"}"#);
    by(&boris, "POST", "/v1/members/m-2/merge", r#"{"into":"m-1"}"#);
    by(
        &anna,
        "POST",
        "/v1/catalog/imports",
        r#"{"type":"category","id":1,"code":"DRINKS","name":"Drinks","parent":null}"#,
    );
    by(&boris, "POST", "/v1/offers/o/stop", "");
    by(&boris, "POST", "/v1/offers/o/archive", "");
    by(&anna, "DELETE", "/v1/audiences/vip", "");

    let page = records(&shop, &admin, &format!("?after={before}"));
    let items = page["items"].as_array().expect("records");
    let (anna, boris) = (actor("erp", &anna), actor("erp", &boris));
    let told: Vec<_> = items
        .iter()
        .map(|item| ["actor", "action", "subject"].map(|field| item[field].as_str().expect("a text")))
        .collect();
    let imports = [told[0][2], told[1][2]];
    assert_eq!(
        told,
        [
            [anna.as_str(), "import.start", imports[0]],
            [&anna, "import.start", imports[1]],
            [&anna, "offer.put", "o"],
            [&boris, "offer.approve", "o"],
            [&boris, "offer.run", "o"],
            [&anna, "audience.put", "vip"],
            [&anna, "audience.members", "vip"],
            [&boris, "attribute.put", "city"],
            [&boris, "template.put", "t"],
            [&boris, "member.state", "m-2"],
            [&boris, "member.merge", "m-2"],
            [&anna, "catalog.import", "catalog"],
            [&boris, "offer.stop", "o"],
            [&boris, "offer.archive", "o"],
            [&anna, "audience.delete", "vip"],
        ]
    );
    let put = json!({"version": 1, "state": "draft", "running_before": null, "body": hash(DRAFT)});
    assert_eq!(items[2]["detail"], put);
    assert_eq!(items[2]["role"], "integration");
    let listed =
        json!({"effect": "replace", "rows": 1, "skipped": 0, "body": hash(r#"{"members":["m-1"]}"#)});
    assert_eq!(items[6]["detail"], listed);
    assert_eq!(items[11]["detail"]["rows"], json!({"category": 1}));
    let revision = shop.as_integration("GET", "/v1/plan", "").accepted()["revision"].clone();
    assert!(items[12]["revision"].as_i64() <= revision.as_i64(), "what is live has the stop");
    let all = page.to_string();
    assert!(!all.contains("card-of-m-1"), "no card numbers: {all}");

    let last = items.last().expect("a record");
    assert_eq!(page["head"], json!({"number": last["number"], "hash": last["hash"]}));
    let verified = shop.command(&["audit", "verify"]);
    let (number, hash) = (&last["number"], last["hash"].as_str().expect("a hash"));
    assert_eq!(said(&verified), (true, format!("{number} records, head {number}:{hash}\n")));
    let list = said(&shop.command(&["audit", "list", "--last", "2"])).1;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].starts_with("number") && lines[2].contains("audience.delete"), "{list}");
}

fn what_is_refused_or_repeated_is_not_told(database: Database) {
    let shop = Shop::open(database);
    let admin = shop.named_key("admin", "boss");
    let run = |path: &str| shop.as_integration("POST", path, "");
    let before = records(&shop, &admin, "?limit=1")["head"].clone();
    run("/v1/offers/coffee-15/run").accepted();
    run("/v1/offers/nothing/run").refused();
    shop.put("/v1/offers/bad", r#"{"mechanic":"nothing"}"#).refused();
    shop.as_integration("DELETE", "/v1/audiences/nothing", "").refused();
    assert_eq!(records(&shop, &admin, "?limit=1")["head"], before);
    let page = records(&shop, &admin, "?after=1&limit=2");
    let numbers: Vec<_> =
        page["items"].as_array().expect("records").iter().map(|item| &item["number"]).collect();
    assert_eq!(numbers, [2, 3]);
    assert_eq!(page["items"][0]["hash"], page["items"][1]["previous"]);
}

fn only_an_admin_reads_it(database: Database) {
    let shop = Shop::empty(database, &[]);
    assert_eq!(shop.as_integration("GET", "/v1/audit", "").refused(), (403, "forbidden".to_owned()));
    assert_eq!(shop.get("/v1/audit").refused(), (403, "forbidden".to_owned()));
    let admin = shop.named_key("admin", "boss");
    for query in ["?limit=0", "?limit=1001", "?before=1"] {
        let answer = shop.with_key(&admin, ("GET", &format!("/v1/audit{query}")), "");
        assert_eq!(answer.refused().0, 400, "{query}");
    }
}

fn tampering_is_found(database: Database) {
    let shop = Shop::open(database);
    assert!(shop.command(&["audit", "verify"]).status.success());
    shop.sql("UPDATE audit_log SET actor = 'nobody' WHERE number = 4");
    let (success, text) = said(&shop.command(&["audit", "verify"]));
    assert!(!success && text.contains("number 4 was changed"), "{text}");
    shop.sql("DELETE FROM audit_log WHERE number = 3");
    let (success, text) = said(&shop.command(&["audit", "verify"]));
    assert!(!success && text.contains("number 3 is missing"), "{text}");
}

fn a_log_that_was_cut_off_is_found(database: Database) {
    let shop = Shop::open(database);
    let head = said(&shop.command(&["audit", "verify"])).1;
    let head = head.trim().rsplit_once(' ').expect("a head").1.to_owned();
    let number: i64 = head.split(':').next().expect("a number").parse().expect("a number");
    let expect = |head: &str| said(&shop.command(&["audit", "verify", "--expect", head]));
    assert!(expect(&head).0);
    let note = shop.database_url().strip_prefix("sqlite://").map(|file| format!("{file}.noted"));
    if let Some(note) = &note {
        let line = format!("audit {number}\n");
        until("the host notes it", || std::fs::read_to_string(note).is_ok_and(|note| note.contains(&line)));
    }
    shop.sql(&format!("DELETE FROM audit_log WHERE number = {number}"));
    let (success, text) = said(&shop.command(&["audit", "verify"]));
    assert_eq!(success, note.is_none(), "what is left is a chain; a note beside a file tells it");
    assert!(success || text.contains(&format!("noted was {number}")), "{text}");
    let (success, text) = expect(&head);
    assert!(!success && text.contains(&format!("expected number {number}")), "{text}");
    shop.named_key("pos", "another");
    let (success, text) = expect(&head);
    assert!(!success && text.contains(&format!("number {number} was written anew")), "{text}");
}

fn said(output: &Output) -> (bool, String) {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("database: ") && told.lines().count() == 1, "{told}");
    (output.status.success(), text)
}
