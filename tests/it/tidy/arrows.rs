//! Crates depend on each other exactly as ARCHITECTURE.md draws it.

mod examples;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tests::workspace;

use super::assert_none;
use super::packages::{self, Package};

const HEADING: &str = "### Dependencies point one way";

/// The crates on the right of arrows, by the crate on their left.
type Drawing = BTreeMap<String, BTreeSet<String>>;

/// Reads the arrows of the fenced block after the heading. A line is `a ─► b, c`; words in brackets are for
/// the reader.
fn drawing(page: &str) -> Drawing {
    let section = page.split_once(HEADING).map_or("", |(_, section)| section);
    let block = section.split("```").nth(1).unwrap_or_default();
    let mut drawn = Drawing::new();
    for line in block.lines() {
        let Some((left, right)) = without_brackets(line).split_once("─►").map(owned) else { continue };
        let names = right.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        drawn.entry(left.trim().to_owned()).or_default().extend(names);
    }
    drawn
}

fn owned((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

fn without_brackets(line: &str) -> String {
    let mut rest = line;
    let mut kept = String::new();
    while let Some((before, inside)) = rest.split_once('(') {
        kept.push_str(before);
        rest = inside.split_once(')').map_or("", |(_, after)| after);
    }
    kept + rest
}

/// Where the drawing and the packages do not agree. An arrow is a normal dependency on another crate of
/// the workspace; what only build scripts or tests need is none. A crate without arrows need not be drawn.
fn disagreements(drawn: &Drawing, packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    let nothing = BTreeSet::new();
    let names: BTreeSet<String> = packages.iter().map(|package| package.name.clone()).collect();
    for package in packages {
        let name = &package.name;
        let right = drawn.get(name).unwrap_or(&nothing);
        let needs: BTreeSet<String> = package.needs.intersection(&names).cloned().collect();
        found.extend(needs.difference(right).map(|to| format!("{name} ─► {to} is not drawn")));
        let not_there = right.difference(&needs);
        found.extend(not_there.map(|to| format!("{name} ─► {to} is drawn, but is not in Cargo.toml")));
    }
    let of_no_crate = drawn.keys().filter(|left| !names.contains(*left));
    found.extend(of_no_crate.map(|left| format!("{left} is drawn, but there is no such crate")));
    found
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let page = fs::read_to_string(workspace::root().join("ARCHITECTURE.md")).expect("the page");
    let drawn = drawing(&page);
    assert!(!drawn.is_empty(), "ARCHITECTURE.md has no arrows in the block after {HEADING:?}");
    assert_none(
        &disagreements(&drawn, &packages::all()),
        "take the dependency out again, or draw it in ARCHITECTURE.md if the direction is right",
    );
}
