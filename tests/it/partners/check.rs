//! `offer-host mechanic check`: the conformance suite.

use std::fs;
use std::process::Command;

use serde_json::json;
use tests::guests::guest;
use tests::guests::raw::Raw;
use tests::workspace;

use super::{CommandOutput, Desk, for_gold, product};

/// Loads the number of lines from the arguments of `evaluate`.
const LINES: &str = "(i32.load offset=32 (local.get 0))";

fn check(file: &[u8], more: &[&str]) -> CommandOutput {
    let desk = Desk::new();
    desk.put("rule.wasm", file);
    desk.mechanic(&[&["check", "rule.wasm"], more].concat())
}

#[test]
fn mechanics_that_come_with_the_host_pass() {
    for builtin in bundle::builtins() {
        let said = check(builtin.wasm, &[]);
        said.says(
            0,
            &[
                "admitted: ",
                builtin.name,
                "✓ it answers a receipt of 1,000 lines: fuel ",
                "✓ it answers the same in another process",
            ],
        );
        assert!(!said.out.contains('✗'), "{}", said.out);
    }
    check(guest("hostile").unwrap(), &[]).says(0, &["✓ it checks empty parameters"]);
}

#[test]
fn json_tells_every_check_and_call() {
    let document = check(product(), &["--json"]).json();
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.len() > 12 && checks.iter().all(|check| check["passed"] == true), "{document}");
    let largest = document["calls"].as_array().unwrap().iter().find(|call| call["lines"] == 1000).unwrap();
    assert!(largest["fuel"].as_u64().unwrap() < largest["fuel_limit"].as_u64().unwrap());
    assert_eq!(check(product(), &["--json"]).json(), document, "the same at every check");
}

#[test]
fn a_rule_that_no_receipt_reaches_is_told_and_its_cases_reach_it() {
    let desk = Desk::new();
    let (rule, case) = for_gold("1.0.0");
    desk.put("rule.wasm", rule);
    desk.put("cases/gold.json", case.to_string());
    desk.mechanic(&["check", "rule.wasm"]).says(0, &["\nwarning: no receipt drew a proposal from it"]);
    let reached = ["check", "rule.wasm", "--cases", "cases"];
    let said = desk.mechanic(&reached);
    said.says(
        0,
        &[
            "✓ it answers a receipt of 1,000 lines that draws a proposal from it: fuel ",
            "✓ it answers the same in another process",
        ],
    );
    assert!(!said.out.contains("warning"), "{}", said.out);
    let document = desk.mechanic(&[&reached[..], &["--json"]].concat()).json();
    assert_eq!(document["warnings"], json!([]));
    let calls = document["calls"].as_array().unwrap();
    assert!(calls.iter().any(|call| call["lines"] == 1000 && call["proposing"] == 1), "{document}");
}

#[test]
fn a_clock_that_stands_still_is_warned_about_unless_it_is_guarded() {
    let core = |imports: &str, data: &str| {
        let text = format!(r#"(component (core module {imports} (memory 1) (data (i32.const 0) "{data}")))"#);
        wat::parse_str(text).unwrap()
    };
    let clock = r#"(import "wasi:clocks/wall-clock@0.2.0" "now" (func))"#;
    let random = r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))"#;
    let exit = r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#;
    for (imports, data, warned) in [
        (clock, "", true),
        (random, "", true),
        (exit, "", false),
        ("", "StarlingMonkey", true),
        ("", "", false),
        (clock, engine::GUARD, false),
        ("", &format!("StarlingMonkey {}", engine::GUARD), false),
    ] {
        let warning = engine::frozen_clock(&core(imports, data));
        assert_eq!(warning.is_some(), warned, "{imports} {data}");
    }
}

#[test]
fn each_fault_fails_its_own_check_and_says_what_to_do() {
    let on_lines = |number: u32| format!("(if (i32.eq {LINES} (i32.const {number})) (then unreachable))");
    let cases = [
        (
            on_lines(0),
            "✗ it answers an empty receipt\n",
            "✓ it answers a receipt of 1 line",
            "it panicked, threw",
        ),
        (
            on_lines(1000),
            "✗ it answers a receipt of 1,000 lines\n",
            "✓ it answers a receipt of 50 lines",
            "in a test of your own",
        ),
        (
            format!("(if (i32.gt_u {LINES} (i32.const 100)) (then (loop $on (br $on))))"),
            "✗ it answers a receipt of 1,000 lines\n",
            "(out_of_fuel): used up its",
            "do less for each line",
        ),
    ];
    for (first, fails, passes, advice) in cases {
        let file = Raw::declining(&first, "", 1).build().unwrap();
        check(&file, &[]).says(1, &["not admitted: raw", fails, passes, advice]);
    }
    let forgetful = Raw { describe: "(memory.size) (drop) i32.const 7".to_owned(), ..Raw::default() };
    check(&forgetful.build().unwrap(), &[]).says(1, &["refused (describe_failed)"]);
}

#[test]
fn more_work_than_its_class_allows_names_the_class_that_takes_it() {
    let busy = "(func $busy (param i32) (loop $on (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $on (local.get 0))))".to_owned();
    let file = Raw::declining("(call $busy (i32.const 1000000))", &busy, 1).build().unwrap();
    check(&file, &[]).says(1, &["(out_of_fuel)", "class standard would take it: --class standard"]);
    check(&file, &["--class", "standard"]).says(0, &["class     standard"]);
}

#[test]
fn a_file_too_large_for_its_class_names_the_one_that_takes_it() {
    // A section of two million bytes that means nothing.
    let mut file = product().to_vec();
    file.extend([0, 0x81, 0x89, 0x7a, 0]);
    file.extend(vec![0; 2_000_000]);
    let fast = ["--class", "fast"];
    check(&file, &fast)
        .says(1, &["refused (file_too_large)", "class standard would take it: --class standard"]);
    check(&file, &[&fast[..], &["--json"]].concat()).says(1, &[r#""class":"standard""#]);
    check(&file, &[]).says(0, &["class     standard", "✓ it imports nothing"]);
}

#[test]
fn what_calculate_compiled_without_limits_is_no_help_to_check() {
    let desk = Desk::new();
    desk.put("rule.wasm", product());
    let plan = json!({
        "currency": {"code": "EUR", "exponent": 2},
        "catalog": {"pos": [{"id": "t", "time_zone": "UTC"}]},
        "mechanics": [{"name": "product", "path": "rule.wasm"}],
    });
    desk.put("plan.json", plan.to_string());
    let receipt = json!({"at": "2026-11-22T10:15:00Z", "pos": "t", "member": null,
        "lines": [{"position": 1, "goods_id": "A", "quantity": "1", "price": "1.00", "amount": "1.00"}]});
    desk.put("receipt.json", receipt.to_string());
    let ran = |arguments: &[&str]| {
        let mut command = Command::new(workspace::offer_host().unwrap());
        let command = command.current_dir(desk.path(".")).env("XDG_CACHE_HOME", desk.path("cache"));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    ran(&["calculate", "--plan", "plan.json", "receipt.json"]);
    let kept =
        |folder: &str| fs::read_dir(desk.path("cache/offer-host").join(folder)).map_or(0, Iterator::count);
    // The key of the folder, and the code: of the built-in mechanics, of which the rule is a copy.
    let trusted = 1 + bundle::builtins().len();
    assert_eq!((kept("trusted-code"), kept("code")), (trusted, 0));
    ran(&["mechanic", "check", "rule.wasm"]);
    assert_eq!((kept("trusted-code"), kept("code")), (trusted, 2));
}
