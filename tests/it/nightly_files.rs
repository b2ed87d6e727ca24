//! Files of members that come every night, from a system that knows nothing of mergers
//! (docs/pricing-rules.md#balances-of-files).

use serde_json::{Value, json};

use crate::shop::on_both_databases;
use crate::shop::{Answer, Database, Shop, hundredths, path, reference};

on_both_databases!(
    the_file_of_last_night_changes_nothing_after_a_merger,
    a_card_of_a_merged_member_is_not_given_away_by_mistake,
    full_files_after_a_merger,
    balances_may_be_negative,
    rows_under_an_old_id_are_told_of_the_survivor,
    a_damaged_account_costs_nobody_else_anything,
);

const MEMBERS: &str = "/v1/members/imports";

fn row(id: &str, cards: &[&str], points: &str) -> Value {
    let identifiers: Vec<Value> = cards.iter().map(|card| json!({"kind": "card", "value": card})).collect();
    json!({"id": id, "identifiers": identifiers, "points": points, "state": "normal"})
}

fn send(shop: &Shop, address: &str, rows: &[Value]) -> Answer {
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    shop.import(address, &rows.join("\n"))
}

fn merge(shop: &Shop, from: &str, into: &str) {
    let headers = [("Content-Type", "application/json")];
    let body = json!({"into": into}).to_string();
    shop.call(("POST", &format!("/v1/members/{from}/merge")), "integration", &headers, &body).accepted();
}

fn available(shop: &Shop, member: &str) -> i64 {
    let address = format!("/v1/members/{member}/points");
    hundredths(&shop.as_integration("GET", &address, "").accepted()["available"])
}

/// The member that a receipt with this card belongs to.
fn owner(shop: &Shop, purchase: &str, card: &str) -> Value {
    let mut receipt = reference();
    receipt["member"]["value"] = json!(card);
    shop.post(&path(purchase, "calculate"), purchase, &receipt.to_string()).accepted();
    shop.get(&format!("/v1/purchases/{purchase}")).accepted()["member_id"].clone()
}

/// Row, pointer and code of each warning of an import.
fn warnings(answer: &Value) -> Vec<(i64, &str, &str)> {
    fn text<'a>(found: &'a Value, name: &str) -> &'a str {
        found[name].as_str().expect("text")
    }
    let warnings = answer["warnings"].as_array().expect("warnings").iter();
    let warning = |found| {
        assert_eq!(text(found, "severity"), "warning");
        (found["row"].as_i64().expect("a number"), text(found, "pointer"), text(found, "code"))
    };
    warnings.map(warning).collect()
}

fn the_file_of_last_night_changes_nothing_after_a_merger(database: Database) {
    let shop = Shop::open(database);
    let file = [row("a", &["A"], "100.00"), row("b", &["B"], "40.00")];
    assert_eq!(warnings(&send(&shop, MEMBERS, &file).accepted()), []);
    let misspelt = json!({"id": "c", "birthdate": "1990-02-03", "audience": ["vip"]});
    let same = json!({"id": "d", "birthdate": "1990-02-03"});
    let answer = send(&shop, MEMBERS, &[misspelt, same]).accepted();
    let unknown = [(1, "/0/audience", "unknown_field"), (1, "/0/birthdate", "unknown_field")];
    let mut found = warnings(&answer);
    found.sort_unstable();
    assert_eq!(found, unknown, "{answer}");
    for meant in ["did you mean `birth_date`?", "did you mean `audiences`?"] {
        assert!(answer.to_string().contains(meant), "{answer}");
    }
    merge(&shop, "a", "b");
    for night in ["first", "second"] {
        let answer = send(&shop, MEMBERS, &file).accepted();
        assert_eq!(warnings(&answer), [(1, "/0/id", "merged_into")], "{answer}");
        let detail = answer["warnings"][0]["detail"].as_str().expect("text");
        assert!(detail.contains("`a` is merged into `b`"), "{detail}");
        assert_eq!(available(&shop, "b"), 14_000);
        assert_eq!(owner(&shop, night, "A"), json!("b"));
        let merged = shop.as_integration("GET", "/v1/members/a", "").accepted();
        assert_eq!((&merged["state"], &merged["identifiers"]), (&json!("merged"), &json!([])));
    }
    send(&shop, MEMBERS, &[row("a", &["A"], "120.00"), row("b", &["B"], "35.00")]).accepted();
    assert_eq!(available(&shop, "b"), 15_500, "differences count");
    // The sender has merged them, too, and names both cards twice.
    send(&shop, MEMBERS, &[row("b", &["A", "B"], "155.00"), row("a", &["A"], "0")]).accepted();
    assert_eq!(available(&shop, "b"), 15_500);
    assert_eq!((owner(&shop, "third", "A"), owner(&shop, "fourth", "B")), (json!("b"), json!("b")));
    shop.verify();
}

fn a_card_of_a_merged_member_is_not_given_away_by_mistake(database: Database) {
    let shop = Shop::open(database);
    send(&shop, MEMBERS, &[row("a", &["A"], "1.00"), row("b", &["B"], "1.00")]).accepted();
    merge(&shop, "a", "b");
    let codes = |answer: &Answer| -> Vec<(String, String)> {
        let text = |problem: &Value, name: &str| problem[name].as_str().expect("text").to_owned();
        let problems = answer.json()["errors"].as_array().expect("problems").clone();
        problems.iter().map(|problem| (text(problem, "pointer"), text(problem, "code"))).collect()
    };
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let stranger = row("c", &["A"], "0");
    let refused = send(&shop, MEMBERS, &[stranger.clone(), row("b", &["B"], "1.00")]);
    assert_eq!(
        codes(&refused),
        one("/0/identifiers/0", "identifier_taken"),
        "its owner's row knows nothing of it"
    );
    let refused = send(&shop, MEMBERS, &[stranger.clone(), row("a", &["A"], "1.00")]);
    let mut both = one("/1/identifiers/0", "duplicate_identifier");
    both.extend(one("/0/identifiers/0", "identifier_taken"));
    assert_eq!(codes(&refused), both);
    assert_eq!(owner(&shop, "p", "A"), json!("b"));
    // Once the survivor's own row has named it, the survivor gives it away as any other.
    send(&shop, MEMBERS, &[row("b", &["A", "B"], "1.00")]).accepted();
    send(&shop, MEMBERS, &[stranger, row("b", &["B"], "1.00")]).accepted();
    assert_eq!(owner(&shop, "q", "A"), json!("c"));
    shop.verify();
}

fn full_files_after_a_merger(database: Database) {
    let shop = Shop::open(database);
    let full = format!("{MEMBERS}?mode=full");
    let both = [row("a", &["A"], "100.00"), row("b", &["B"], "40.00")];
    send(&shop, MEMBERS, &both).accepted();
    merge(&shop, "a", "b");
    send(&shop, &full, &both).accepted();
    assert_eq!(available(&shop, "b"), 14_000);
    let gone = shop.as_integration("GET", "/v1/members/m-1", "");
    assert_eq!(gone.refused(), (404, "unknown_member".to_owned()));
    // The sender has merged them, too.
    send(&shop, &full, &[row("b", &["B"], "140.00")]).accepted();
    assert_eq!((available(&shop, "b"), owner(&shop, "p", "A")), (14_000, json!("b")));
    // The sender has kept the other one.
    send(&shop, &full, &[row("a", &["A"], "140.00")]).accepted();
    assert_eq!((available(&shop, "b"), owner(&shop, "q", "B")), (14_000, json!("b")));
    send(&shop, &full, &[row("c", &["C"], "1.00")]).accepted();
    for id in ["a", "b"] {
        let gone = shop.as_integration("GET", &format!("/v1/members/{id}"), "");
        assert_eq!(gone.refused(), (404, "unknown_member".to_owned()));
    }
    send(&shop, &full, &both).accepted();
    assert_eq!((available(&shop, "a"), available(&shop, "b")), (10_000, 4_000), "two again, as in the file");
    shop.verify();
}

fn balances_may_be_negative(database: Database) {
    let shop = Shop::open(database);
    send(&shop, MEMBERS, &[row("a", &["A"], "-2.00"), row("b", &["B"], "3.00")]).accepted();
    assert_eq!((available(&shop, "a"), available(&shop, "b")), (-200, 300));
    assert_eq!(owner(&shop, "p", "A"), json!("a"));
    send(&shop, MEMBERS, &[row("a", &["A"], "-1.00")]).accepted();
    assert_eq!(available(&shop, "a"), -100);
    merge(&shop, "a", "b");
    assert_eq!(available(&shop, "b"), 200);
    let most = "10000000000.00";
    for refused in ["-10000000000.01", "10000000000.01", "-1.001"] {
        assert_eq!(send(&shop, MEMBERS, &[row("c", &["C"], refused)]).status, 422, "{refused}");
    }
    for accepted in [most, "-10000000000.00"] {
        send(&shop, MEMBERS, &[row("c", &["C"], accepted)]).accepted();
    }
    shop.verify();
}

fn rows_under_an_old_id_are_told_of_the_survivor(database: Database) {
    let shop = Shop::open(database);
    shop.put("/v1/attributes/city", "{\"type\":\"string\"}").accepted();
    send(&shop, MEMBERS, &[row("a", &["A"], "0"), row("b", &["B"], "0")]).accepted();
    merge(&shop, "a", "b");
    let city = |kind: &str, value: &str| json!({"identifier_kind": kind, "identifier": value, "attribute": "city", "value": "Kazan"});
    let import = send(&shop, "/v1/attributes/imports", &[city("member", "a"), city("card", "A")]).accepted();
    assert_eq!((&import["applied"], &import["refused"]), (&json!(1), &json!(1)), "{import}");
    assert_eq!(import["errors"][0]["code"], "merged_into");
    let survivor = shop.as_integration("GET", "/v1/members/b", "").accepted();
    assert_eq!(survivor["attributes"][0]["value"], "Kazan");
    let offers = shop.as_integration("GET", "/v1/members/a/offers", "");
    assert_eq!(offers.refused(), (409, "member_merged".to_owned()));
}

/// Entries of a release that let in more than can be added up.
fn a_damaged_account_costs_nobody_else_anything(database: Database) {
    let shop = Shop::open(database);
    send(&shop, MEMBERS, &[row("other", &["O"], "1.00")]).accepted();
    for table in ["point_entries SET points", "point_lots SET remaining"] {
        shop.sql(&format!("UPDATE {table} = 9223372036854775807 WHERE member_id = 'm-1'"));
    }
    send(&shop, MEMBERS, &[row("m-1", &["1"], "1001.00")]).accepted();
    shop.sql("UPDATE point_lots SET remaining = 101 WHERE member_id = 'other'");
    let output = shop.command(&["ledger", "verify"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    for line in ["m-1/1: an entry is not larger than the largest", "other: ", "other/1: "] {
        assert!(told.lines().any(|told| told.starts_with(line)), "{line} is missing: {told}");
    }
    assert_eq!(owner(&shop, "p", "1"), json!("m-1"), "its receipts are priced");
    shop.post(&path("p", "confirm"), "c", "").accepted();
    shop.as_integration("GET", "/v1/members/m-1/points", "").accepted();
}
