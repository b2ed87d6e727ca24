//! docs/first-mechanic.md, every command as written, in an empty folder, in each language: it ends with the
//! author's rule paying on a receipt of a running host. What it leaves behind is used by other tests too.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::workspace;

use super::{BUILD, CACHE, Desk};

const PAGE: &str = "docs/first-mechanic.md";
/// The most that a component in Rust may have.
pub(super) const RUST_BYTES_MAX: u64 = 100_000;

/// A language of the page.
#[derive(Debug, Clone, Copy)]
pub(super) enum Language {
    Rust,
    JavaScript,
    Python,
}

/// The results of following the page.
pub(super) struct Followed {
    folder: TempDir,
    /// The output of the last command.
    answer: Value,
    component: &'static str,
    class: &'static str,
}

impl Language {
    pub(super) const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// As the blocks of the page are marked, where the component lies, and its class.
    fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Rust => ("rust", "target/wasm32-unknown-unknown/release/fifth_free.wasm", "fast"),
            Self::JavaScript => ("js", "dist/fifth-free.wasm", "slow"),
            Self::Python => ("python", "fifth-free.wasm", "slow"),
        }
    }

    /// The page, followed once for all tests.
    pub(super) fn followed(self) -> &'static Followed {
        static FOLLOWED: [OnceLock<Followed>; 3] = [const { OnceLock::new() }; 3];
        let index = match self {
            Self::Rust => 0,
            Self::JavaScript => 1,
            Self::Python => 2,
        };
        FOLLOWED[index].get_or_init(|| Followed::follow(self))
    }
}

impl Followed {
    fn follow(language: Language) -> Self {
        let (marked, component, class) = language.facts();
        let folder = TempDir::new().expect("a folder");
        let script = format!("set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n{}", commands(marked));
        let output = clean_shell().current_dir(folder.path()).args(["-c", &script]).output().expect("bash");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{marked}: {}\n{out}\n{err}", output.status);
        let last = out.lines().last().expect("an answer");
        let answer = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
        Self { folder, answer, component, class }
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("fifth-free")
    }

    pub(super) fn component(&self) -> PathBuf {
        self.project().join(self.component)
    }

    pub(super) fn class(&self) -> &'static str {
        self.class
    }
}

/// The commands of the page for one language, with a port that is free.
fn commands(marked: &str) -> String {
    let page = fs::read_to_string(workspace::root().join(PAGE)).expect("the page");
    let mut commands = String::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(opened) if !inside && !opened.is_empty() => {
                inside = opened == "sh" || opened == format!("sh {marked}");
            }
            Some(_) => inside = false,
            None if inside => commands.extend([line, "\n"]),
            None => {}
        }
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    assert!(commands.contains("127.0.0.1:8080"), "{commands}");
    commands.replace("127.0.0.1:8080", &free.to_string())
}

/// A shell with `offer-host` on the path, without the variables of the cargo that runs the tests.
pub(super) fn clean_shell() -> Command {
    let binary = workspace::offer_host().expect("the binary");
    let path = env::var("PATH").expect("a path");
    let mut shell = Command::new("bash");
    for (name, _) in env::vars() {
        let of_cargo = name.starts_with("CARGO") && name != "CARGO_HOME";
        if of_cargo || name.starts_with("OFFER_HOST") || name == "RUSTFLAGS" || name == "VIRTUAL_ENV" {
            shell.env_remove(name);
        }
    }
    shell.env("XDG_CACHE_HOME", CACHE);
    // Compiled dependencies are kept from one project to the next; what a project makes stays in its own folder.
    shell.env("CARGO_BUILD_BUILD_DIR", BUILD);
    shell.env("PATH", format!("{}:{path}", binary.parent().expect("a folder").display()));
    shell
}

fn pays(language: Language) {
    let answer = &language.followed().answer;
    assert_eq!(answer["lines"][0]["discount"], "0.00", "{answer}");
    assert_eq!(answer["lines"][1]["discount"], "2.80", "{answer}");
    assert_eq!(answer["lines"][1]["offers"][0]["reason"], "100 % off 1 × Coffee", "{answer}");
    let mechanic = &answer["mechanics"][0];
    assert_eq!((&mechanic["name"], &mechanic["outcome"]), (&json!("fifth-free"), &json!("ok")), "{answer}");
}

#[test]
fn a_rule_in_rust_pays() {
    pays(Language::Rust);
    let bytes = fs::metadata(Language::Rust.followed().component()).expect("the component").len();
    assert!(bytes <= RUST_BYTES_MAX, "{bytes} bytes");
}

#[test]
fn a_rule_in_javascript_pays() {
    pays(Language::JavaScript);
}

#[test]
fn a_rule_in_python_pays() {
    pays(Language::Python);
}

/// Components of the templates have clocks that stand still, and guards against them.
#[test]
fn the_clocks_of_interpreters_are_guarded() {
    for language in [Language::JavaScript, Language::Python] {
        let mut file = fs::read(language.followed().component()).expect("the component");
        assert_eq!(engine::frozen_clock(&file), None, "{language:?}");
        // Without the sentence of the guard it is like one without the guard.
        for start in 0..file.len() - engine::GUARD.len() {
            if file[start..].starts_with(engine::GUARD.as_bytes()) {
                file[start..][..8].fill(b'x');
            }
        }
        assert!(engine::frozen_clock(&file).is_some(), "{language:?}");
    }
    for guard in ["javascript/src/guard.js", "python/guard.py"] {
        let text = fs::read_to_string(workspace::root().join("mechanics/templates").join(guard)).expect("it");
        assert!(text.contains(&format!("REFUSAL = \"{}\"", engine::GUARD)), "{guard}");
    }
}

#[test]
fn one_case_file_passes_in_all_languages_with_the_same_proposals() {
    let cases = workspace::root().join("mechanics/templates/cases");
    let cases = cases.to_str().expect("text");
    let mut found: Vec<Value> = Vec::new();
    for language in Language::ALL {
        let followed = language.followed();
        let component = followed.component();
        let said = Desk::new().mechanic(&["test", component.to_str().expect("text"), cases, "--json"]);
        assert_eq!(said.code, Some(0), "{language:?}: {}\n{}", said.out, said.err);
        assert_eq!(said.json()["mechanic"]["class"], followed.class(), "{language:?}");
        let receipts = said.json()["cases"][0]["receipts"].clone();
        let happened = receipts.as_array().expect("receipts").iter().map(|one| one["happened"].clone());
        found.push(happened.collect());
    }
    assert!(found[0].as_array().is_some_and(|receipts| receipts.len() > 3), "{found:?}");
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

#[test]
fn the_cost_of_all_languages_is_printed_side_by_side() {
    let components = Language::ALL.map(|language| language.followed().component());
    let mut arguments = vec!["bench"];
    arguments.extend(components.iter().map(|component| component.to_str().expect("text")));
    let said = Desk::new().mechanic(&arguments);
    said.says(0, &["product", "fast", "slow"]);
}
