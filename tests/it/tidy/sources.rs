//! Files: their length, their names, and what must not be written in them.

use std::fs;
use std::path::Path;

use tests::{cases, workspace};

use super::assert_none;

const LINES_MAX: usize = 500;
/// A file of a route that is shorter belongs to the file of its resource.
const ROUTE_LINES_MIN: usize = 30;
const ROUTES: &str = "host/http/src/routes";

fn files_under(folders: &[&str], extensions: &[&str]) -> Vec<String> {
    let found: Vec<String> = workspace::files()
        .expect("the files of the repository")
        .into_iter()
        .filter(|name| {
            folders.is_empty() || folders.iter().any(|folder| name.starts_with(&format!("{folder}/")))
        })
        .filter(|name| extensions.iter().any(|extension| name.ends_with(&format!(".{extension}"))))
        .collect();
    assert!(!found.is_empty(), "no {extensions:?} under {folders:?}: the rule would look at nothing");
    found
}

fn read(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// `file:line: text` of every line that `is_wrong` says so of.
fn lines_where(files: &[String], is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for name in files {
        for (number, line) in (1..).zip(read(name).lines()) {
            if is_wrong(line) {
                found.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    found
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// `file: n lines` of those whose length `is_wrong`.
fn lengths_where(files: &[(String, String)], is_wrong: impl Fn(usize) -> bool) -> Vec<String> {
    let lengths = files.iter().map(|(name, text)| (name, text.lines().count()));
    lengths
        .filter(|(_, lines)| is_wrong(*lines))
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect()
}

fn contents(names: Vec<String>) -> Vec<(String, String)> {
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

#[test]
fn files_are_short() {
    let found = lengths_where(&contents(files_under(&[], &["rs"])), |lines| lines > LINES_MAX);
    assert_none(&found, &format!("split files above {LINES_MAX} lines by idea; aim at 400 at most"));
}

#[test]
fn routes_are_one_file_for_each_resource() {
    let found = lengths_where(&contents(files_under(&[ROUTES], &["rs"])), |lines| lines < ROUTE_LINES_MIN);
    assert_none(&found, "write it in the file of its resource: one file for all that can be done with it");
}

#[test]
fn parameters_of_queries_are_refused_in_words_of_the_host() {
    let files: Vec<String> =
        files_under(&["host"], &["rs"]).into_iter().filter(|name| name != "host/http/src/query.rs").collect();
    let is_of_framework = |line: &str| {
        (line.contains("axum::extract") || line.contains("extract::Query"))
            && words(line).any(|word| word == "Query")
    };
    assert!(is_of_framework(concat!("use axum::", "extract::{Path, Query, State};")), "the rule sees it");
    let found = lines_where(&files, is_of_framework);
    assert_none(&found, "take `crate::query::Query`: its refusals name the parameter and say what to do");
}

#[test]
fn lengths_are_counted() {
    let files = [("a.rs", 29), ("b.rs", 30), ("c.rs", 500), ("d.rs", 501)]
        .map(|(name, lines)| (name.to_owned(), "x\n".repeat(lines)));
    assert_eq!(lengths_where(&files, |lines| lines > LINES_MAX), ["d.rs: 501 lines"]);
    assert_eq!(lengths_where(&files, |lines| lines < ROUTE_LINES_MIN), ["a.rs: 29 lines"]);
}

#[test]
fn modules_are_named_after_themselves() {
    let found: Vec<String> =
        files_under(&[], &["rs"]).into_iter().filter(|name| name.ends_with("/mod.rs")).collect();
    assert_none(&found, "write `foo.rs` beside the folder `foo/` instead of `foo/mod.rs`");
}

#[test]
fn no_binary_floats_where_money_is() {
    let files = files_under(
        &["host/domain", "host/engine", "host/store", "host/wire", "mechanics", "wit", "migrations"],
        &["rs", "wit", "sql"],
    );
    let floats = ["f32", "f64", "float32", "float64", "REAL", "FLOAT", "DOUBLE"];
    let found = lines_where(&files, |line| words(line).any(|word| floats.contains(&word)));
    assert_none(
        &found,
        "money, quantities and percentages are exact integers: use the types of `domain::quantities`",
    );
}

#[test]
fn no_binaries_in_the_repository() {
    let kinds =
        ["wasm", "cwasm", "so", "a", "o", "rlib", "exe", "dll", "dylib", "gz", "zip", "parquet", "sqlite"];
    let mut found = Vec::new();
    for name in workspace::files().expect("the files of the repository") {
        let extension =
            Path::new(&name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let bytes = fs::read(workspace::root().join(&name)).expect("a readable file");
        if kinds.contains(&extension) || bytes.contains(&0) {
            found.push(name);
        }
    }
    assert_none(&found, "build it from source, in a build script or a test, instead of keeping it in git");
}

#[test]
fn no_paths_of_one_machine() {
    let roots = ["root", "work", "farm", "home", "Users"].map(|name| format!("/{name}/"));
    let names_a_machine = |line: &str| {
        roots.iter().any(|root| {
            line.match_indices(root.as_str()).any(|(at, _)| {
                let before = line.get(..at).and_then(|text| text.chars().next_back());
                before.is_none_or(|letter| !letter.is_alphanumeric() && !".-_}$~*".contains(letter))
            })
        })
    };
    assert!(names_a_machine(&format!("open(\"/{}/x\")", "root")), "the rule sees what it looks for");
    let found = lines_where(&workspace::files().expect("the files of the repository"), names_a_machine);
    assert_none(&found, "write the path relative to the workspace, or take it from the environment");
}

#[test]
fn every_exception_from_a_lint_has_a_reason() {
    let openings = ["allow", "expect"].map(|name| format!("{name}("));
    let mut found = Vec::new();
    for name in files_under(&[], &["rs"]) {
        let text = read(&name);
        for (at, _) in text.match_indices("#[").chain(text.match_indices("#![")) {
            let attribute = text.get(at..).and_then(|rest| rest.split("]").next()).unwrap_or_default();
            let body = attribute.trim_start_matches(['#', '!', '[']);
            if openings.iter().any(|opening| body.starts_with(opening.as_str()))
                && !body.contains("reason = ")
            {
                found.push(format!("{name}: {}", attribute.replace('\n', " ")));
            }
        }
    }
    assert_none(&found, "add `reason = \"…\"`, or mend what the lint complains about");
}

#[test]
fn every_mechanic_has_cases() {
    let manifests: Vec<String> = files_under(&["mechanics"], &["toml"])
        .into_iter()
        .filter(|name| name.ends_with("/Cargo.toml") && read(name).contains("mechanic-sdk"))
        .filter(|name| name.matches('/').count() == 2 && !name.starts_with("mechanics/sdk/"))
        .filter(|name| !read(name).contains("\nbuilt-in = false"))
        .collect();
    assert!(manifests.len() >= 7, "seven mechanics are built in, but only {manifests:?} were found");
    let found: Vec<String> = manifests
        .iter()
        .filter_map(|name| name.strip_prefix("mechanics/")?.strip_suffix("/Cargo.toml"))
        .filter(|mechanic| cases::files_of(mechanic).is_ok_and(|files| files.is_empty()))
        .map(str::to_owned)
        .collect();
    assert_none(&found, "write at least one case in tests/cases/<mechanic>/, see tests/cases/README.md");
}
