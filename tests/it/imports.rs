//! Uploads of attributes and members: good rows, bad rows, twice, interrupted.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::shop::{Answer, Database, Shop};
use crate::waiting::{until, wait_for};

const ATTRIBUTES: &str = "/v1/attributes/imports";

/// A shop with members `m-1` to `m-20`, each with the card of its number, and some attributes.
fn shop(database: Database) -> Shop {
    let shop = Shop::open(database);
    let member = |number: u32| json!({"id": format!("m-{number}"), "identifiers": [{"kind": "card", "value": number.to_string()}]});
    let rows: Vec<String> = (1..=20).map(|number| member(number).to_string()).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
    for (name, kind) in [("terms", "json"), ("city", "string"), ("visits", "int"), ("vip", "bool")] {
        shop.put(&format!("/v1/attributes/{name}"), &json!({"type": kind}).to_string()).accepted();
    }
    shop
}

fn csv(shop: &Shop, rows: &[&str]) -> Answer {
    csv_to(shop, ATTRIBUTES, &[], rows)
}

fn csv_to(shop: &Shop, path: &str, headers: &[(&str, &str)], rows: &[&str]) -> Answer {
    let body = format!("identifier_kind,identifier,attribute,value\n{}\n", rows.join("\n"));
    let headers: Vec<_> = headers.iter().copied().chain([("Content-Type", "text/csv")]).collect();
    shop.call(("POST", path), "integration", &headers, &body)
}

fn counts(import: &Value) -> [i64; 4] {
    ["applied", "unchanged", "refused", "warnings"].map(|name| import[name].as_i64().unwrap_or_default())
}

/// Pointer and code of each problem.
fn problems(document: &Value) -> Vec<(&str, &str)> {
    let errors = document["errors"].as_array().expect("errors").iter();
    errors
        .map(|error| (error["pointer"].as_str().expect("text"), error["code"].as_str().expect("text")))
        .collect()
}

fn attributes(shop: &Shop, member: &str) -> Value {
    // What a receipt is priced with is what counts; the store says the rest.
    shop.as_integration("GET", &format!("/v1/members/{member}/offers"), "").accepted()["items"].clone()
}

#[test]
fn csv_and_ndjson_say_the_same() {
    let shop = shop(Database::Sqlite);
    let first = csv(
        &shop,
        &[
            r#"card,1,terms,"{""kind"":""product"",""reward"":""discount"",""items"":[{""target"":""G1"",""value"":""15""}]}""#,
            "card,1,city,\"Kazan, left bank\"",
            "member,m-2,visits,7",
            "card,3,vip,true",
        ],
    );
    assert_eq!((first.status, counts(&first.accepted())), (200, [4, 0, 0, 0]), "{}", first.text);
    let rows = [
        json!({"identifier_kind": "card", "identifier": "1", "attribute": "terms",
               "value": {"kind": "product", "reward": "discount", "items": [{"target": "G1", "value": "15"}]}}),
        json!({"identifier_kind": "card", "identifier": "1", "attribute": "city", "value": "Kazan, left bank"}),
        json!({"identifier_kind": "member", "identifier": "m-2", "attribute": "visits", "value": 7}),
        json!({"identifier_kind": "card", "identifier": 3, "attribute": "vip", "value": null}),
    ];
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    let second = shop.import(ATTRIBUTES, &rows.join("\n\n")).accepted();
    assert_eq!(counts(&second), [1, 3, 0, 0], "only the removed one differs: {second}");
    assert_eq!((second["state"].as_str(), second["rows"].as_i64()), (Some("done"), Some(4)));
}

#[test]
fn each_bad_row_has_its_place_and_costs_its_member_only() {
    let shop = shop(Database::Sqlite);
    let good = r#""{""kind"":""product"",""reward"":""discount"",""items"":[{""target"":""G1"",""value"":""15""}]}""#;
    let bad = r#""{""kind"":""product"",""reward"":""discount"",""items"":[{""target"":""G1"",""value"":""150""}]}""#;
    let unknown = r#""{""kind"":""product"",""reward"":""discount"",""items"":[{""target"":""NOSUCH"",""value"":""15""}]}""#;
    let twice = r#""{""kind"":""product"",""reward"":""discount"",""items"":[{""target"":""G1"",""value"":""15""},{""target"":""G1"",""value"":""20"",""start"":""2026-01-01""}]}""#;
    let product =
        json!({"type": "product", "id": 77, "goods_code": "1", "name": "One", "category": "COFFEE"});
    shop.import("/v1/catalog/imports", &product.to_string()).accepted();
    let ambiguous = good.replace("G1", "1");
    let rows = [
        format!("card,1,terms,{good}"),
        format!("card,2,terms,{bad}"),
        "card,2,city,Kazan".to_owned(),
        "card,99,city,Kazan".to_owned(),
        "card,3,colour,blue".to_owned(),
        "card,4,visits,often".to_owned(),
        "card,5,terms,not json".to_owned(),
        "card,6,city".to_owned(),
        "card,7,city,a".to_owned(),
        "card,7,city,b".to_owned(),
        format!("card,8,terms,{unknown}"),
        format!("card,9,terms,{twice}"),
        format!("card,10,terms,{ambiguous}"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let checked = csv_to(&shop, &format!("{ATTRIBUTES}?mode=validate"), &[], &rows).accepted();
    assert_eq!(checked["mode"], "validate");
    assert_eq!(attributes(&shop, "m-1"), json!([]), "nothing is written");
    let import = csv(&shop, &rows).accepted();
    assert_eq!(problems(&checked), problems(&import), "checking finds what applying finds");
    assert_eq!(counts(&import), [4, 0, 9, 3], "{import}");
    let expected = [
        ("/1/value/items/0/value", "out_of_range"),
        ("/2", "other_row_refused"),
        ("/3/identifier", "unknown_member"),
        ("/4/attribute", "unknown_attribute"),
        ("/5/value", "not_a_decimal"),
        ("/6/value", "not_json"),
        ("/7", "wrong_field_count"),
        ("/8", "other_row_refused"),
        ("/9/attribute", "duplicate_row"),
        ("/10/value/items/0", "unknown_target"),
        ("/11/value/items/1", "overlapping_periods"),
        ("/12/value/items/0/target", "ambiguous_id"),
    ];
    assert_eq!(problems(&import), expected, "{import}");
    let path = format!("{ATTRIBUTES}/{}", import["id"].as_str().expect("an id"));
    let rows = shop.as_integration("GET", &format!("{path}/errors"), "").text;
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    assert_eq!(json!(rows), import["errors"], "the list to download is the same");
    assert_eq!((rows[0]["row"].as_i64(), rows[0]["line"].as_i64()), (Some(2), Some(3)));
    assert_eq!(shop.as_integration("GET", &path, "").accepted(), import);
}

#[test]
fn a_file_that_cannot_be_read_is_refused_whole() {
    let shop = shop(Database::Sqlite);
    for (body, pointer, code) in [
        ("card,1,city,Kazan\n", "", "missing_column"),
        ("", "", "missing_column"),
        ("identifier_kind,identifier,attribute\ncard,1,city\n", "", "missing_column"),
        (
            "identifier_kind,identifier,attribute,value\ncard,1,city,a\ncard,2,city,\"b\ncard,3,city,\"c\"\n",
            "/1",
            "broken_quote",
        ),
        ("identifier_kind,identifier,attribute,value\ncard,1,city,\"a", "/0", "broken_quote"),
        ("identifier_kind,identifier,attribute,value\ncard,1,city,say \"a\"\n", "/0", "broken_quote"),
    ] {
        let answer = shop.call(("POST", ATTRIBUTES), "integration", &[("Content-Type", "text/csv")], body);
        assert_eq!(answer.refused(), (422, "import_refused".to_owned()), "{body:?}");
        assert_eq!(problems(&answer.json()), [(pointer, code)], "{body:?}");
    }
    let semicolons = "identifier_kind;identifier;attribute;value\ncard;1;city;Kazan\n";
    let answer = shop.call(("POST", ATTRIBUTES), "integration", &[("Content-Type", "text/csv")], semicolons);
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains("commas separate the columns, not semicolons"), "{}", answer.text);
    let imports = shop.as_integration("GET", ATTRIBUTES, "").accepted();
    assert_eq!(imports["imports"], json!([]), "nothing was begun");
}

#[test]
fn the_same_upload_again_is_the_same_import() {
    let shop = shop(Database::Sqlite);
    let key = [("Idempotency-Key", "nightly")];
    let rows = ["card,1,city,Kazan"];
    let first = csv_to(&shop, ATTRIBUTES, &key, &rows).accepted();
    assert_eq!(csv_to(&shop, ATTRIBUTES, &key, &rows).accepted(), first);
    let other = csv_to(&shop, ATTRIBUTES, &key, &["card,1,city,Omsk"]);
    assert_eq!(other.refused(), (409, "idempotency_key_reused".to_owned()));
    let again = csv(&shop, &rows).accepted();
    assert_eq!(counts(&again), [0, 1, 0, 0], "without the key it finds nothing to do");
}

#[test]
fn an_upload_that_was_lost_with_its_host_comes_back_under_its_key() {
    let shop = shop(Database::Sqlite);
    let key = [("Idempotency-Key", "nightly"), ("Prefer", "respond-async")];
    let rows: Vec<String> =
        (0..30_000).map(|number| format!("card,{},visits,{number}", number % 20 + 1)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let begun = csv_to(&shop, ATTRIBUTES, &key, &rows).json();
    let path = format!("{ATTRIBUTES}/{}", begun["id"].as_str().expect("an id"));
    wait(&shop, &path, |import| import["rows"].as_i64() > Some(0));
    shop.kill();
    std::fs::remove_dir_all(uploads(&shop)).expect("the folder was there");
    leave(&shop, &["0a.upload", "0b.part-x", "notes.txt"]);
    shop.start();
    let left = || {
        std::fs::read_dir(uploads(&shop)).expect("the folder").map(|file| file.expect("a file").file_name())
    };
    assert!(shop.command(&["retention", "run"]).status.success());
    assert!(left().eq(["notes.txt"]), "old uploads are removed, and nothing else");
    let failed = wait(&shop, &path, |import| import["state"] != "running");
    assert_eq!(failed["state"], "failed", "nobody works on it: {failed}");
    assert!(failed["detail"].as_str().is_some_and(|detail| detail.contains("send it again")), "{failed}");
    let resumed = shop.as_integration("POST", &format!("{path}/resume"), "");
    assert_eq!(resumed.refused(), (409, "upload_missing".to_owned()));
    let other = csv_to(&shop, ATTRIBUTES, &key, &["card,1,city,Omsk"]);
    assert_eq!(other.refused(), (409, "idempotency_key_reused".to_owned()));
    csv_to(&shop, ATTRIBUTES, &key, &rows).accepted();
    let done = wait(&shop, &path, |import| import["state"] == "done");
    let [applied, unchanged, refused, _] = counts(&done);
    assert_eq!((applied + unchanged, refused), (30_000, 0), "each row counts once: {done}");
}

/// Leaves files that are a hundred days old where uploads wait.
fn leave(shop: &Shop, names: &[&str]) {
    std::fs::create_dir(uploads(shop)).expect("a folder");
    for name in names {
        let file = std::fs::File::create(format!("{}/{name}", uploads(shop))).expect("a file");
        file.set_modified(SystemTime::now() - Duration::from_secs(100 * 24 * 60 * 60)).expect("a time");
    }
}

/// Where uploads wait.
fn uploads(shop: &Shop) -> String {
    format!("{}.imports", shop.database_url().trim_start_matches("sqlite://"))
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let shop = shop(Database::Sqlite);
    let rows = "identifier_kind,identifier,attribute,value\ncard,1,city,Kazan\n";
    let head = format!(
        "POST {ATTRIBUTES} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\nContent-Type: text/csv\r\n\
         Idempotency-Key: once\r\nContent-Length: {}\r\n\r\n",
        shop.integration_key(),
        rows.len() + 1_000
    );
    let address = shop.address();
    let mut connection = TcpStream::connect(address.trim_start_matches("http://")).expect("the host listens");
    connection.write_all(format!("{head}{rows}").as_bytes()).expect("the first half is sent");
    let waiting = || -> Vec<_> {
        std::fs::read_dir(uploads(&shop)).map_or_else(|_| Vec::new(), |files| files.collect())
    };
    until("the upload has begun", || !waiting().is_empty());
    drop(connection);
    until("it is given up", || waiting().is_empty());
    let imports = shop.as_integration("GET", ATTRIBUTES, "").accepted();
    assert_eq!(imports["imports"], json!([]));
    // The key can be used again.
    let again = csv_to(&shop, ATTRIBUTES, &[("Idempotency-Key", "once")], &["card,1,city,Kazan"]).accepted();
    assert_eq!(counts(&again), [1, 0, 0, 0], "{again}");
    assert!(waiting().is_empty(), "nor is anything left of what was applied");
}

#[test]
fn uploads_that_wait_have_a_folder_of_limited_size() {
    let shop = Shop::open_with(Database::Sqlite, &[("IMPORTS__FOLDER_BYTES", "1000")]);
    let row = json!({"id": "m-2"}).to_string();
    let send = || shop.import("/v1/members/imports", &row);
    send().accepted();
    // One that waits, as of an import that was suspended.
    let waiting = format!("{}/waiting.upload", uploads(&shop));
    std::fs::write(&waiting, "x".repeat(1_000)).expect("a file");
    let refused = send();
    assert_eq!(refused.refused(), (409, "uploads_full".to_owned()));
    let detail = refused.json()["detail"].clone();
    assert!(detail.as_str().expect("text").contains("1000 bytes"), "{detail}");
    std::fs::remove_file(&waiting).expect("ours");
    send().accepted();
}

fn wait(shop: &Shop, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    wait_for(path, || Some(shop.as_integration("GET", path, "").accepted()).filter(&is_wanted))
}

fn an_import_goes_on_after_a_pause_and_after_a_crash(database: Database) {
    let shop = shop(database);
    let rows: Vec<String> =
        (0..30_000).map(|number| format!("card,{},visits,{number}", number % 20 + 1)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let begun = csv_to(&shop, ATTRIBUTES, &[("Prefer", "respond-async")], &rows);
    assert_eq!(begun.status, 202, "{}", begun.text);
    let begun = begun.json();
    let path = format!("{ATTRIBUTES}/{}", begun["id"].as_str().expect("an id"));
    wait(&shop, &path, |import| import["rows"].as_i64() > Some(0));
    let paused = shop.as_integration("POST", &format!("{path}/suspend"), "").accepted();
    assert_eq!(paused["state"], "suspended", "{paused}");
    shop.kill();
    shop.start();
    let paused = wait(&shop, &path, |_| true);
    assert_eq!(paused["state"], "suspended", "a pause outlives the host: {paused}");
    assert!(paused["rows"].as_i64() < Some(30_000), "{paused}");
    shop.as_integration("POST", &format!("{path}/resume"), "").accepted();
    wait(&shop, &path, |import| import["rows"].as_i64() > paused["rows"].as_i64());
    shop.kill();
    shop.start();
    let done = wait(&shop, &path, |import| import["state"] == "done");
    assert_eq!(done["rows"], 30_000, "{done}");
    let [applied, unchanged, refused, _] = counts(&done);
    assert_eq!((applied + unchanged, refused), (30_000, 0), "each row counts once: {done}");
    let again = shop.as_integration("POST", &format!("{path}/suspend"), "");
    assert_eq!(again.refused(), (409, "import_not_running".to_owned()));
}

#[test]
fn an_import_goes_on_sqlite() {
    an_import_goes_on_after_a_pause_and_after_a_crash(Database::Sqlite);
}

#[test]
fn an_import_goes_on_postgres() {
    an_import_goes_on_after_a_pause_and_after_a_crash(Database::Postgres);
}

#[test]
fn a_cancelled_import_leaves_what_it_applied() {
    let shop = shop(Database::Sqlite);
    let rows: Vec<String> =
        (0..20_000).map(|number| format!("card,{},visits,{number}", number % 20 + 1)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let begun = csv_to(&shop, ATTRIBUTES, &[("Prefer", "respond-async")], &rows).json();
    let path = format!("{ATTRIBUTES}/{}", begun["id"].as_str().expect("an id"));
    wait(&shop, &path, |import| import["rows"].as_i64() > Some(0));
    let cancelled = shop.as_integration("POST", &format!("{path}/cancel"), "").accepted();
    assert_eq!(cancelled["state"], "cancelled");
    let rows = cancelled["rows"].as_i64().expect("a count");
    let member = shop.as_integration("GET", "/v1/members/m-1", "").accepted();
    assert!(member.to_string().contains(&format!("\"value\":{}", rows - 20)), "{cancelled}: {member}");
    assert_eq!(shop.as_integration("POST", &format!("{path}/cancel"), "").accepted()["state"], "cancelled");
    let resumed = shop.as_integration("POST", &format!("{path}/resume"), "");
    assert_eq!(resumed.refused(), (409, "import_not_running".to_owned()));
    let missing = shop.as_integration("GET", &format!("{ATTRIBUTES}/nosuch"), "");
    assert_eq!(missing.refused(), (404, "not_found".to_owned()));
}

#[test]
fn members_are_checked_as_a_whole_before_the_first_is_written() {
    let shop = shop(Database::Sqlite);
    let card = |id: &str, card: &str| json!({"id": id, "identifiers": [{"kind": "card", "value": card}]});
    let import = |rows: &[Value]| {
        let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        shop.import("/v1/members/imports", &rows.join("\n"))
    };
    for (rows, expected) in [
        (vec![card("n-1", "n1"), card("n-1", "n2")], vec![("/1", "duplicate_id")]),
        (vec![card("n-1", "n1"), card("n-2", "n1")], vec![("/1/identifiers/0", "duplicate_identifier")]),
        (vec![card("n-1", "n1"), card("n-2", "1")], vec![("/1/identifiers/0", "identifier_taken")]),
        (
            vec![json!({"id": "n-1", "attributes": {"visits": "many"}, "state": "asleep"})],
            vec![("/0/state", "unknown_value")],
        ),
        (
            vec![json!({"id": "n-1", "attributes": {"visits": "many"}})],
            vec![("/0/attributes/visits", "not_a_decimal")],
        ),
    ] {
        let refused = import(&rows);
        assert_eq!(refused.refused(), (422, "import_refused".to_owned()));
        assert_eq!(problems(&refused.json()), expected);
        let unknown = shop.as_integration("GET", "/v1/members/n-1/offers", "");
        assert_eq!(unknown.refused(), (404, "not_found".to_owned()), "nothing was taken");
    }
    // The member who gives the card away may be a later row of the same import.
    let mut with_attribute = card("n-1", "1");
    with_attribute["attributes"] = json!({"visits": 3});
    let taken = import(&[with_attribute, card("m-1", "n1")]).accepted();
    assert_eq!((&taken["members"], counts(&taken)[..2].to_vec()), (&json!(2), vec![2, 0]), "{taken}");
    let broken = shop.import("/v1/members/imports", "{\"id\":\"n-2\"}\n{\"id\"");
    assert_eq!(problems(&broken.json()), [("/1", "not_json")]);
}

#[test]
fn a_full_import_of_members_removes_the_others() {
    let shop = shop(Database::Sqlite);
    let empty = shop.import("/v1/members/imports?mode=full", "");
    assert_eq!(problems(&empty.json()), [("", "empty_import")]);
    let row = json!({"id": "m-7"}).to_string();
    shop.import("/v1/members/imports?mode=full", &row).accepted();
    let there = |id: &str| shop.as_integration("GET", &format!("/v1/members/{id}/points"), "").status;
    assert_eq!((there("m-7"), there("m-1"), there("m-20")), (200, 404, 404));
}
