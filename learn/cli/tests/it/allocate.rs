//! `allocate`: levels under a budget, from a CSV file.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

use std::fs;

use tempfile::TempDir;

use crate::lab::{Ran, run};

const ROWS: &str = "\
member,level,cost,gain,category,contacts
ann,10%,100,900,dairy,1
ann,20%,200,1000,dairy,1
bob,10%,100,350,meat,2
cid,10%,100,100,dairy,1
dan,back,-50,-10,,0
";

/// Allocates these rows in a folder of its own; what was said, the assignments and the summary, if written.
fn allocate(rows: &str, more: &[&str]) -> (Ran, Option<String>, Option<serde_json::Value>) {
    let folder = TempDir::new().unwrap();
    let (from, to) = (folder.path().join("candidates.csv"), folder.path().join("out.csv"));
    fs::write(&from, rows).unwrap();
    let mut arguments = vec!["allocate", from.to_str().unwrap(), "--out", to.to_str().unwrap()];
    arguments.extend(more);
    let ran = run(&arguments);
    let summary = fs::read_to_string(folder.path().join("out.csv.summary.json")).ok();
    (ran, fs::read_to_string(to).ok(), summary.map(|text| serde_json::from_str(&text).unwrap()))
}

#[test]
fn the_best_within_the_budget_is_written_with_its_summary() {
    let (ran, assignments, summary) = allocate(ROWS, &["--budget", "150"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert_eq!(assignments.unwrap(), "member,level\nann,10%\nbob,10%\ndan,back\n");
    let expected =
        "3 of 4 members get something: it costs 150 of 150 and brings 1240; no plan could bring more";
    assert!(ran.output.starts_with(expected), "{}", ran.output);
    let summary = summary.unwrap();
    for (name, value) in [("members", 4), ("assigned", 3), ("budget", 150), ("spend", 150), ("gain", 1240)] {
        assert_eq!(summary[name], value, "{name}");
    }
    assert_eq!(summary["lambda_millionths"], "1000000");
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let mut lines: Vec<&str> = ROWS.lines().collect();
    lines[1..].reverse();
    let backward = lines.join("\n");
    let (_, first, _) = allocate(ROWS, &["--budget", "200"]);
    assert_eq!(allocate(&backward, &["--budget", "200", "--threads", "1"]).1, first);
}

#[test]
fn caps_are_kept() {
    let caps = ["--budget", "900", "--cap", "category:dairy:members=1", "--cap", "all:contacts=1"];
    let (ran, assignments, summary) = allocate(ROWS, &caps);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert_eq!(assignments.unwrap(), "member,level\nann,20%\n");
    assert_eq!(summary.unwrap()["caps"][1]["used"], 1);
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_nothing_is_written() {
    let row = |row: &str| format!("{ROWS}{row}\n");
    let budget: &[&str] = &["--budget", "150"];
    let cap = |cap| vec!["--budget", "150", "--cap", cap];
    for (rows, more, words) in [
        (row("ann,20%,1,1,,0"), budget.to_vec(), "line 7: member \"ann\" has this level already on line 3"),
        (row("eve,20%,1.5,1,,0"), budget.to_vec(), "line 7, column cost: \"1.5\" is not a whole number"),
        (
            row("eve,20%,1,9999999999999,,0"),
            budget.to_vec(),
            "line 7, column gain: 9999999999999 is not between",
        ),
        (row(",20%,1,1,,0"), budget.to_vec(), "line 7, column member: a member is needed"),
        (row("eve,,1,1,,0"), budget.to_vec(), "line 7, column level: a level is needed"),
        (row("eve,1,1,1,,-1"), cap("all:contacts=5"), "line 7, column contacts: \"-1\" is below 0"),
        (ROWS.to_owned(), vec!["--budget", "-1"], "the budget is -1: it must not be below 0"),
        (
            ROWS.to_owned(),
            cap("category:diary:members=5"),
            "has no category \"diary\"; did you mean \"dairy\"?",
        ),
        (ROWS.to_owned(), cap("brand:x:members=5"), "brand"),
        (ROWS.to_owned(), cap("dairy=5"), "--cap dairy=5: this must read like"),
        (ROWS.to_owned(), cap("all:money=5"), "\"money\" must be members, spend or contacts"),
        (ROWS.to_owned(), cap("all:contacts=-5"), "it must not be below 0"),
        ("member,level,cost\na,1,1\n".to_owned(), budget.to_vec(), "gain"),
    ] {
        let (ran, assignments, summary) = allocate(&rows, &more);
        assert_eq!(ran.code, 2, "{words}: {}{}", ran.output, ran.errors);
        assert!(ran.errors.contains(words), "{words:?} is not in: {}", ran.errors);
        assert!(assignments.is_none() && summary.is_none());
    }
}
