//! Crates depend on each other exactly as ARCHITECTURE.md draws it.

mod examples;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tests::workspace;

use super::assert_none;
use super::packages::{self, Package};

const HEADING: &str = "### Dependencies point one way";
/// On the right of an arrow: this crate may depend on any.
const EVERYTHING: &str = "everything";

/// What is on the left of an arrow → what is on its right.
type Drawing = BTreeMap<String, BTreeSet<String>>;

/// Reads the arrows of the fenced block after the heading. A line is `a ─► b, c`, where `a` is a crate
/// or, as `folder/<m>`, every crate of a folder that no line names, on whichever side; words in brackets
/// are for the reader.
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

/// Where the drawing and the packages do not agree. What only tests need is not drawn.
fn disagreements(drawn: &Drawing, packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = BTreeSet::new();
    let nothing = BTreeSet::new();
    let names: BTreeSet<String> = packages.iter().map(|package| package.name.clone()).collect();
    for package in packages {
        let Some(left) = line_of(drawn, package) else {
            found.push(format!("{} is not drawn", package.name));
            continue;
        };
        used.insert(left);
        let right = drawn.get(left).unwrap_or(&nothing);
        if right.contains(EVERYTHING) {
            continue;
        }
        let needs: BTreeSet<String> = package.needs.intersection(&names).cloned().collect();
        let not_drawn = needs.difference(right);
        found.extend(not_drawn.map(|to| format!("{} ─► {to} is not drawn", package.name)));
        let not_there = right.difference(&needs);
        found.extend(
            not_there.map(|to| format!("{} ─► {to} is drawn, but is not in Cargo.toml", package.name)),
        );
    }
    let of_no_crate = drawn.keys().filter(|left| !used.contains(left.as_str()));
    found.extend(of_no_crate.map(|left| format!("{left} is drawn, but there is no such crate")));
    found
}

/// The left side of the line that a crate belongs to: its name if any line names it, else its folder.
/// A crate that is named on the right only has no arrows of its own.
fn line_of<'a>(drawn: &'a Drawing, package: &'a Package) -> Option<&'a str> {
    let name = package.name.as_str();
    if drawn.iter().any(|(left, right)| left == name || right.contains(name)) {
        return Some(name);
    }
    let (folder, _) = package.folder.rsplit_once('/')?;
    drawn.keys().map(String::as_str).find(|left| left.starts_with(&format!("{folder}/<")))
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
