//! Case files, records, sold purchases and profiles.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};
use tests::guests::raw::Raw;
use tests::guests::{guest, product_version};

use super::{CommandOutput, Desk, builtin, product};
use crate::shop::{Database, Shop, path, reference};

/// A case in which everything is as expected.
const COFFEE: &str = r#"
title = "15 % off coffee"
currency = { code = "RUB", exponent = 2 }

[catalog]
products = [{ id = 1, goods_code = "G1", name = "Coffee" }, { id = 2, goods_code = "G2", name = "Cheese" }]

[[offers]]
external_id = "coffee"
params = { items = [{ target = "G1", value = "15", max_units = "2", cap = "500" }] }

[[receipts]]
title = "two packs"
lines = [["G1", "2", "349.90", "699.80"], ["G2", "1", "10.00"]]
[receipts.expect]
proposals.coffee = [{ lines = [1], percent = "15", reason = 1, max_units = "2", cap = "500.00" }]
lines = { 1 = { discount = "104.97" } }

[[receipts]]
title = "no coffee"
lines = [["G2", "1", "10.00"]]
expect = { not_applied = { coffee = "no_matching_line" } }
"#;

/// An offer of the mechanic that misbehaves on request.
fn hostile(misbehave: u32, expect: &str) -> String {
    format!(
        r#"
title = "hostile"
currency = {{ code = "RUB", exponent = 2 }}
catalog = {{ products = [{{ id = 1, goods_code = "G1", name = "Coffee" }}] }}
offers = [{{ external_id = "h", params = {{ misbehave = {misbehave}, items = [{{ target = "G1", value = "10" }}] }} }}]
receipts = [{{ lines = [["G1", "1", "100.00"]], expect = {{ {expect} }} }}]
"#
    )
}

fn test(file: &[u8], case: &str) -> CommandOutput {
    let desk = Desk::new();
    desk.put("rule.wasm", file);
    desk.put("cases/case.toml", case);
    desk.mechanic(&["test", "rule.wasm", "cases"])
}

#[test]
fn a_case_passes_or_says_what_is_otherwise() {
    test(product(), COFFEE)
        .says(0, &["ok      two packs", "ok      no coffee", "2 passed, 0 failed", "fuel "]);
    let cases: [(&str, &str, i32, &str); 15] = [
        ("104.97", "100.00", 1, "line 1 discount: expected 100.00, got 104.97"),
        ("lines = { 1 = { discount = \"104.97\" } }", "", 1, "line 1 discount: expected nothing, got 104.97"),
        (
            r#"percent = "15""#,
            r#"percent = "10""#,
            1,
            "offer coffee, proposal 1, percent: expected 10, got 15",
        ),
        (r#"percent = "15""#, r#"amount = "15""#, 1, "proposal 1, amount: expected 15.00, got none"),
        ("lines = [1]", "lines = [1, 2]", 1, "offer coffee, proposal 1, lines: expected [1,2], got [1]"),
        ("reason = 1,", "reason = 7,", 1, "proposal 1, reason: expected 7, got 1"),
        (r#", cap = "500.00""#, "", 1, "proposal 1, cap: expected none, got 500.00"),
        (
            "proposals.coffee = [{",
            "proposals.coffee = [{ lines = [2], amount = \"1\" }, {",
            1,
            "offer coffee: expected 2 proposals, got {",
        ),
        (
            "[receipts.expect]",
            "[receipts.expect]\ndeclined.coffee = \"not_applicable\"",
            1,
            "got 1 proposals",
        ),
        (
            "no_matching_line",
            "below_threshold",
            1,
            "not_applied.coffee: expected below_threshold, got no_matching_line",
        ),
        (
            "discount =",
            "discont =",
            2,
            "/receipts/0/expect/lines/1/discont: `discont` is not known here; did you mean `discount`?",
        ),
        (
            "max_units = \"2\", cap = \"500.00\"",
            "at_most = \"2\"",
            2,
            "/receipts/0/expect/proposals/coffee/0/at_most",
        ),
        ("currency", "curency", 2, "/curency: `curency` is not known here"),
        ("value = \"15\"", "value = \"115\"", 2, "its plan cannot be used: /offers/0/params/items/0/value"),
        ("lines = [[\"G2\", \"1\", \"10.00\"]]", "lines = [[\"G2\"]]", 2, "/receipts/1/lines/0"),
    ];
    for (from, to, code, says) in cases {
        assert!(COFFEE.contains(from), "{from}");
        test(product(), &COFFEE.replacen(from, to, 1)).says(code, &[says]);
    }
}

#[test]
fn a_fault_names_its_limit_and_is_a_failure_unless_it_is_expected() {
    let failed = r#"not_applied = { h = "mechanic_failed" }, warnings = ["mechanic_failed"]"#;
    for (misbehave, outcome, says) in [
        (1, "trap", "it panicked, threw an exception"),
        (2, "out_of_fuel", "used up its 20"),
        (3, "out_of_memory", "bytes of memory; the limit is 4194304 bytes"),
        (7, "bad_output", "a percentage of 10001 hundredths"),
    ] {
        let said = test(guest("hostile").unwrap(), &hostile(misbehave, failed));
        let difference = format!("mechanics.hostile: expected none, got {outcome}");
        said.says(1, &[&difference, says, "0 passed, 1 failed"]);
        let expected = format!("{failed}, mechanics = {{ hostile = \"{outcome}\" }}");
        test(guest("hostile").unwrap(), &hostile(misbehave, &expected)).says(0, &["1 passed"]);
    }
    let sorry = r#"failed = { h = "sorry" }, not_applied = { h = "mechanic_failed" }"#;
    test(guest("hostile").unwrap(), &hostile(16, sorry)).says(0, &["1 passed"]);
    test(guest("hostile").unwrap(), &hostile(0, sorry))
        .says(1, &["offer h: expected failed: sorry, got 1 proposals"]);
}

#[test]
fn what_is_no_mechanic_is_refused_before_any_case() {
    test(b"(module)", COFFEE).says(1, &["refused (text_file)", "wasm-tools parse"]);
    let desk = Desk::new();
    desk.put("rule.wasm", product());
    desk.put("empty/notes.txt", "");
    desk.mechanic(&["test", "rule.wasm", "empty"]).says(2, &["there is no case file in empty"]);
    desk.mechanic(&["test", "none.wasm", "empty"]).says(2, &["cannot read none.wasm"]);
}

#[test]
fn cases_share_a_store_and_let_mechanics_meet() {
    let desk = Desk::new();
    desk.put("hostile.wasm", guest("hostile").unwrap());
    desk.put(
        "common/store.toml",
        "currency = { code = \"RUB\", exponent = 2 }\n[receipts]\nONE = [[\"G1\", \"1\", \"100.00\"]]",
    );
    let case = r#"
title = "five per cent of all, on what hostile has left"
store = "../common/store.toml"
catalog = { products = [{ id = 1, goods_code = "G1", name = "Coffee" }] }
[[offers]]
external_id = "h"
params = { items = [{ target = "G1", value = "10" }] }
[[offers]]
external_id = "all"
mechanic = "receipt"
stacking = { mode = "cumulative" }
params = { items = [{ method = "percent", value = "5" }] }
[[receipts]]
lines = "ONE"
[receipts.expect]
lines = { 1 = { discount = "14.50", offers = { h = "10.00", all = "4.50" } } }
proposals = { h = [{ lines = [1], percent = "10" }], all = [{ lines = [1], percent = "5" }] }
"#;
    desk.put("cases/meet.toml", case);
    let said = desk.mechanic(&["test", "hostile.wasm", "cases", "--json"]);
    said.says(0, &[]);
    let document = said.json();
    assert_eq!(document["mechanic"]["name"], "hostile");
    let calls = document["cases"][0]["receipts"][0]["calls"].as_array().unwrap();
    let names: Vec<(&Value, &Value)> =
        calls.iter().map(|call| (&call["mechanic"], &call["under_test"])).collect();
    assert_eq!(names, [(&json!("hostile"), &json!(true)), (&json!("receipt"), &json!(false))]);
    for call in calls {
        for (used, limit) in [
            ("fuel", "fuel_limit"),
            ("memory_bytes", "memory_limit_bytes"),
            ("returned_bytes", "returned_limit_bytes"),
        ] {
            let (used, limit) = (call[used].as_u64().unwrap(), call[limit].as_u64().unwrap());
            assert!(0 < used && used < limit, "{call}");
        }
    }
}

#[test]
fn fuel_is_that_of_a_server() {
    let shop = Shop::open(Database::Sqlite);
    let answer = shop.post(&path("p-1", "calculate"), "p-1-1", &reference().to_string()).accepted();
    let of_server =
        answer["mechanics"].as_array().unwrap().iter().find(|asked| asked["name"] == "product").unwrap();
    let desk = Desk::new();
    desk.put("product.wasm", product());
    let catalog =
        std::fs::read_to_string(tests::workspace::root().join("xtask/demo/catalog.ndjson")).unwrap();
    let mut lists = json!({"products": [], "categories": [], "classes": [], "groups": [], "pos": []});
    for row in catalog.lines() {
        let mut row: Value = serde_json::from_str(row).unwrap();
        let of = row.as_object_mut().unwrap().remove("type").unwrap();
        let list = match of.as_str().unwrap() {
            "product" => "products",
            "category" => "categories",
            "class" => "classes",
            "group" => "groups",
            _ => "pos",
        };
        lists[list].as_array_mut().unwrap().push(row);
    }
    let mut receipt = reference();
    let card = receipt["member"].clone();
    receipt["expect"] = json!({"lines": {"1": {"discount": "104.97"}}});
    let case = json!({
        "title": "the same receipt", "currency": {"code": "RUB", "exponent": 2}, "catalog": lists,
        "members": [{"id": "m-1", "identifiers": [card]}],
        "offers": [{"external_id": "coffee-15", "params": {"items": [{"target": "G1", "method": "percent", "value": "15"}]}}],
        "receipts": [receipt],
    });
    desk.put("case.json", case.to_string());
    let said = desk.mechanic(&["test", "product.wasm", "case.json", "--json"]);
    said.says(0, &[]);
    let call = &said.json()["cases"][0]["receipts"][0]["calls"][0];
    assert_eq!((&call["fuel"], &call["phase"]), (&of_server["fuel"], &json!("discount")));
}

#[test]
fn what_is_recorded_passes_and_is_not_overwritten() {
    let desk = Desk::new();
    desk.put("product.wasm", product());
    let (plan, _) = COFFEE.split_once("[[receipts]]").unwrap();
    desk.put("plan.toml", plan);
    let lines =
        json!([{"position": 1, "goods_id": "G1", "quantity": "2", "price": "349.90", "amount": "699.80"}]);
    let receipts = [
        json!({"purchase_id": "p-1", "at": "2026-11-22T10:15:00+03:00", "pos": "till-1", "lines": lines, "shift": 7}),
        json!({"at": "2026-11-22T10:15:00+03:00", "pos": "elsewhere", "lines": [{"position": 1, "goods_id": "?", "quantity": "0", "price": "1.00", "amount": "1.00"}]}),
        json!({"at": "2026-11-22T10:15:00+03:00", "lines": [{"position": 1, "goods_id": "G1", "quantity": "x", "price": "1.00", "amount": "1.00"}]}),
    ];
    desk.put("sold.ndjson", receipts.map(|receipt| receipt.to_string()).join("\n"));
    for out in ["recorded.toml", "elsewhere/recorded.json"] {
        desk.put("elsewhere/keep", "");
        let record = ["test", "product.wasm", "plan.toml", "--record", out, "--receipts", "sold.ndjson"];
        desk.mechanic(&record).says(0, &["3 receipts", "review it"]);
        desk.mechanic(&["test", "product.wasm", out])
            .says(0, &["ok      p-1", "ok      receipt 3", "3 passed, 0 failed"]);
        let first = desk.text(out);
        for part in ["proposals", "104.97", "unknown_pos", "/lines/0/quantity"] {
            assert!(first.contains(part), "no {part} in {first}");
        }
        assert!(!first.contains("shift"), "{first}");
        desk.mechanic(&record).says(2, &["exists; --force overwrites it"]);
        desk.mechanic(&[&record[..], &["--force"]].concat()).says(0, &[]);
        assert_eq!(desk.text(out), first, "the same again");
    }
    let other = desk.text("recorded.toml").replacen("104.97", "104.96", 1);
    desk.put("recorded.toml", other);
    desk.mechanic(&["test", "product.wasm", "recorded.toml"]).says(1, &["expected 104.96, got 104.97"]);
}

#[test]
fn sold_purchases_show_what_a_candidate_would_change() {
    let shop = Shop::open(Database::Sqlite);
    for id in ["p-1", "p-2"] {
        shop.post(&path(id, "calculate"), &format!("{id}-1"), &reference().to_string()).accepted();
    }
    let desk = Desk::new();
    let bundle = desk.path("sold.json");
    let exported = shop.command(&["replay", "p-1", "p-2", "--export", bundle.to_str().unwrap()]);
    assert!(exported.status.success(), "{exported:?}");
    desk.put("hostile.wasm", guest("hostile").unwrap());
    // Alike; three times the reward; never ends. See `guests/variant`.
    let candidates: [(&str, &[&str], i32, &[&str]); 4] = [
        (
            "1.100.101",
            &[],
            0,
            &["2 purchases, called on 2, 0 differ", "RUB discount: answered 209.94, now 209.94"],
        ),
        (
            "3.100.101",
            &[],
            1,
            &["line 1: discount answered 104.97, now 314.91", "2 differ", "answered 209.94, now 629.82"],
        ),
        ("3.100.101", &["--allow-differences"], 0, &["2 differ"]),
        ("7.100.101", &["--allow-differences"], 1, &["FAILED out_of_fuel: used up its", "2 faults"]),
    ];
    for (version, more, code, says) in candidates {
        desk.put("candidate.wasm", product_version(version).unwrap());
        let replay = ["test", "candidate.wasm", "--replay", "sold.json"];
        desk.mechanic(&[&replay[..], more].concat()).says(code, says);
    }
    let said = desk.mechanic(&["test", "candidate.wasm", "--replay", "sold.json", "--json"]);
    let document = said.json();
    assert_eq!(
        (&document["summary"]["faults"], &document["purchases"][0]["faults"][0][0]),
        (&json!(2), &json!("out_of_fuel"))
    );
    desk.mechanic(&["test", "hostile.wasm", "--replay", "sold.json"])
        .says(2, &["its plan does not know mechanic `hostile`", "2 could not be replayed"]);
}

#[test]
fn watching_runs_again_when_a_file_changes() {
    let desk = Desk::new();
    desk.put("product.wasm", product());
    desk.put("case.toml", COFFEE);
    let mut child = desk.start(&["test", "product.wasm", "case.toml", "--watch"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || lines.by_ref().find(|line| line.contains(" passed, ")).expect("a summary");
    let first = next();
    desk.put("case.toml", COFFEE.replacen("104.97", "100.00", 1));
    let second = next();
    desk.put("product.wasm", builtin("category"));
    let third = next();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((first.as_str(), second.as_str()), ("2 passed, 0 failed", "1 passed, 1 failed"));
    assert!(third.contains("cases cannot be used"), "{third}");
}

#[test]
fn a_profile_names_the_functions_of_the_guest() {
    let desk = Desk::new();
    // As Rust writes `rule::the_busy_part` into a component.
    let busy = "(func $_ZN4rule13the_busy_part17h0123456789abcdefE (local i32) (local.set 0 (i32.const 100000)) \
                (loop $again (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $again (local.get 0))))";
    desk.put(
        "busy.wasm",
        Raw::declining("(call $_ZN4rule13the_busy_part17h0123456789abcdefE)", busy, 1).build().unwrap(),
    );
    let case = r#"
title = "busy"
currency = { code = "RUB", exponent = 2 }
offers = [{ external_id = "b", params = { items = [{ value = "1" }] } }]
receipts = [{ lines = [["A", "1", "1.00"]], expect = { declined = { b = "no_matching_line" }, not_applied = { b = "no_matching_line" }, warnings = ["unknown_goods"] } }]
"#;
    desk.put("case.toml", case);
    let said = desk.mechanic(&["test", "busy.wasm", "case.toml", "--profile", "profile.json"]);
    said.says(0, &["https://profiler.firefox.com"]);
    assert!(!said.err.contains("has no names"), "{}", said.err);
    let profile: Value = serde_json::from_str(&desk.text("profile.json")).unwrap();
    let thread = &profile["threads"][0];
    assert!(thread["samples"]["length"].as_u64().unwrap() > 0);
    let shared = if thread["stringArray"].is_array() {
        &thread["stringArray"]
    } else {
        &profile["shared"]["stringArray"]
    };
    let names = shared.as_array().unwrap();
    assert!(names.iter().any(|name| name == "rule::the_busy_part"), "{names:?}");

    desk.put("product.wasm", product());
    desk.put("coffee.toml", COFFEE);
    let said = desk.mechanic(&["test", "product.wasm", "coffee.toml", "--profile", "profile.json"]);
    said.says(0, &["the component has no names of functions: build it without `strip`"]);
}
