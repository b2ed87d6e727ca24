//! Circles among imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::Imports;

/// Every group of files that all reach each other, each told by its shortest circle: one line for
/// each import of it, the last of which closes it.
pub(super) fn circles(imports: &Imports) -> Vec<String> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (file.as_str(), reached_from(imports, file))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for file in imports.keys() {
        if seen.contains(file.as_str()) || !reaches(file, file) {
            continue;
        }
        let group: Vec<&str> = imports
            .keys()
            .map(String::as_str)
            .filter(|other| reaches(file, other) && reaches(other, file))
            .collect();
        seen.extend(group.iter().copied());
        let shortest = group.iter().filter_map(|start| circle_through(imports, start)).min_by_key(Vec::len);
        found.extend(shortest.map(|circle| told(imports, &circle, group.len())));
    }
    found
}

/// The files that `start` imports, and what those import; itself only if it is in a circle.
fn reached_from<'a>(imports: &'a Imports, start: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for next in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    reached
}

/// The shortest circle from `start` back to it; `start` stands at both ends.
fn circle_through<'a>(imports: &'a Imports, start: &'a str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::from([vec![start]]);
    while let Some(way) = open.pop_front() {
        let last = way.last()?;
        for next in imports.get(*last).into_iter().flat_map(BTreeMap::keys) {
            let longer = || way.iter().copied().chain([next.as_str()]).collect();
            if next == start {
                return Some(longer());
            }
            if seen.insert(next) {
                open.push_back(longer());
            }
        }
    }
    None
}

fn told(imports: &Imports, circle: &[&str], files: usize) -> String {
    let steps = circle.windows(2).map(|step| {
        let import = &imports[step[0]][step[1]];
        format!("{}:{} imports {} by `{}`", step[0], import.line, step[1], import.text)
    });
    let steps: Vec<String> = steps.collect();
    let shortest = if files + 1 == circle.len() { "" } else { ", the shortest of which is" };
    format!("a circle of {files} files{shortest}:\n    {}", steps.join("\n    "))
}
