//! What authors are told: the cause first, with its place, and advice that they can follow.

use std::fs;
use std::process::Command;

use serde_json::json;
use tests::guests::guest;

use super::Desk;

#[test]
fn nobody_is_sent_to_a_larger_class_than_the_largest() {
    let desk = Desk::new();
    desk.put("hostile.wasm", guest("hostile").unwrap());
    let case = json!({
        "title": "it never ends", "currency": {"code": "RUB", "exponent": 2},
        "catalog": {"products": [{"id": 1, "goods_code": "G1", "name": "Coffee"}]},
        "offers": [{"external_id": "h", "params": {"misbehave": 2, "items": [{"target": "G1", "value": "10"}]}}],
        "receipts": [{"lines": [["G1", "1", "100.00"]]}],
    });
    desk.put("case.json", case.to_string());
    for (class, advice, not) in [
        ("fast", "or ask for a larger class", "no class allows more"),
        ("slow", "no class allows more: look for a loop that does not end", "ask for a larger class"),
    ] {
        let said = desk.mechanic(&["test", "hostile.wasm", "case.json", "--class", class]);
        said.says(1, &["out_of_fuel", advice]);
        assert!(!said.out.contains(not), "{class}: {}", said.out);
        let (cause, difference) = (said.out.find("out_of_fuel: used up"), said.out.find("not_applied"));
        assert!(cause.is_some() && cause < difference, "the cause comes first: {}", said.out);
    }
}

#[test]
fn a_mistake_in_the_syntax_of_javascript_is_told_with_its_line() {
    let desk = Desk::new();
    desk.mechanic(&["new", "happy", "--lang", "js"]).says(0, &[]);
    let rule = desk.text("happy/src/rule.js");
    let broken = rule.replacen("export const", "export cnst", 1);
    assert_ne!(rule, broken);
    let line = 1 + broken.lines().position(|line| line.starts_with("export cnst")).unwrap();
    fs::write(desk.path("happy/src/rule.js"), broken).unwrap();
    let output = Command::new("node").arg("build.js").current_dir(desk.path("happy")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(told.contains(&format!("rule.js:{line}\n")) && told.contains("SyntaxError"), "{told}");
}
