//! A host as a process, on a SQLite database of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

/// Names the binary of the host; without it, it is built.
const BINARY: &str = "OFFER_HOST_BINARY";

/// Receipts have the times of the simulation.
const ANY_SECONDS: &str = "100000000000";

pub(crate) struct Stand {
    folder: TempDir,
    binary: PathBuf,
    child: Child,
    pub(crate) url: String,
}

impl Stand {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let binary = std::env::var_os(BINARY).map_or_else(build, PathBuf::from);
        let mut child = command(&binary, folder.path()).arg("serve").stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let url = loop {
            let start = seen.len();
            assert!(log.read_line(&mut seen).unwrap() > 0, "the host ended: {seen}");
            let entry: Value =
                serde_json::from_str(seen.get(start..).unwrap_or_default()).unwrap_or_default();
            if let Some(address) = entry.pointer("/fields/address").and_then(Value::as_str) {
                break format!("http://{address}");
            }
        };
        // The log is read on, or the host would block when the pipe is full.
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { folder, binary, child, url }
    }

    /// Runs a command of the host's program; what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let done = command(&self.binary, self.folder.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    pub(crate) fn key(&self, role: &str) -> String {
        self.run(&["key", "create", "--role", role, "--name", "test"]).trim().to_owned()
    }

    /// A call that must succeed; its answer.
    pub(crate) fn call(&self, key: &str, method: &str, path: &str, body: &Value) -> Value {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("Authorization", format!("Bearer {key}"))
            .header("Content-Type", "application/json");
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut answer = agent.run(request.body(text).unwrap()).unwrap();
        let told = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {told}");
        serde_json::from_str(&told).unwrap_or_default()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn command(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .current_dir(folder)
        .env("OFFER_HOST__SERVER__LISTEN", "127.0.0.1:0")
        .env("OFFER_HOST__DATABASE__URL", "sqlite://store.sqlite")
        .env("OFFER_HOST__LOG__FORMAT", "json")
        .env("OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS", ANY_SECONDS)
        .env("OFFER_HOST__PURCHASES__TILL_AHEAD_SECONDS", ANY_SECONDS);
    command
}

/// Builds the host as its own tests do, so that nothing is compiled twice; where its binary is.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "OUT_DIR" || text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_PKG_") {
            command.env_remove(&name);
        }
    }
    command.args([
        "build",
        "--workspace",
        "--bin",
        "offer-host",
        "--test",
        "it",
        "--message-format",
        "json-render-diagnostics",
    ]);
    let answer = command.current_dir(root).output().unwrap();
    assert!(
        answer.status.success(),
        "building the host failed:\n{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let told = String::from_utf8(answer.stdout).unwrap();
    let messages = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut own =
        messages.filter(|message| message.pointer("/target/name").is_some_and(|name| name == "offer-host"));
    own.find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .expect("cargo built offer-host")
}
