//! The work of partners through the real binary: writing mechanics, trying and publishing them, and making mistakes.

mod bench;
mod check;
mod mistakes;
mod oci;
mod publishing;
mod registry;
mod samples;
mod schemas;
mod test;
mod tutorial;
mod words;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::guests::raw::{PROPOSE, Raw};
use tests::workspace;

/// Folder for the caches of programs, so that tests leave the home folder alone.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// Folder for what cargo compiles on the way to a mechanic's component.
const BUILD: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/build");

/// `offer-host mechanic`
fn mechanic() -> Command {
    let mut command = Command::new(workspace::offer_host().expect("the binary"));
    command.arg("mechanic").env("XDG_CACHE_HOME", CACHE);
    command
}

/// A folder of an author.
pub(super) struct Desk(TempDir);

/// Exit status and output of a command.
#[derive(Debug)]
pub(super) struct CommandOutput {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub(super) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a text file")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `offer-host mechanic …`
    pub(super) fn mechanic(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(arguments).output().expect("offer-host starts"))
    }

    pub(super) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("offer-host starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = mechanic();
        command.current_dir(self.0.path()).args(arguments);
        command
    }
}

impl CommandOutput {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The document of `--json`.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and words, on either stream.
    #[track_caller]
    pub(super) fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        let all = format!("{}\n{}", self.out, self.err);
        for word in words {
            assert!(all.contains(word), "no `{word}` in\n{all}");
        }
    }
}

/// A mechanic that takes 10 % off for members with the `tier` gold, as a case shows and its schema does not say.
pub(super) fn for_gold(version: &'static str) -> (Vec<u8>, Value) {
    let rule = Raw { version, ..Raw::for_members("tier", *b"gold", PROPOSE) };
    let member = |id: &str, tier: &str| json!({"id": id, "identifiers": [{"kind": "card", "value": id}], "attributes": {"tier": tier}});
    let case = json!({
        "title": "10 % for gold", "currency": {"code": "EUR", "exponent": 2},
        "members": [member("1", "gold"), member("2", "iron")],
        "offers": [{"external_id": "g", "params": {"items": [{"value": "10"}]}}],
        "receipts": [
            {"title": "iron", "member": "2", "lines": [["A", "1", "1.00"]]},
            {"title": "gold", "member": "1", "lines": [["A", "1", "1.00"]]},
        ],
    });
    (rule.build().expect("a component"), case)
}

pub(super) fn product() -> &'static [u8] {
    builtin("product")
}

pub(super) fn builtin(name: &str) -> &'static [u8] {
    bundle::builtins().iter().find(|builtin| builtin.name == name).expect("it is one").wasm
}
