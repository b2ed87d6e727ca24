//! The real binary on a database of its own, and a client of its API.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

use crate::workspace;

/// Timeout of a call, longer than any takes: a host that hangs must not hang the replay.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A running host.
pub(crate) struct Host {
    folder: TempDir,
    child: Child,
    address: String,
    settings: Vec<(String, String)>,
}

impl Host {
    /// Starts it on a database, or on a new SQLite file in a temporary folder, with settings that
    /// differ from the defaults as environment variables.
    pub(crate) fn start(database: Option<&str>, settings: &[(String, String)]) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let database = database.unwrap_or("sqlite://store.sqlite").to_owned();
        let mut settings = settings.to_vec();
        settings.push(("OFFER_HOST__DATABASE__URL".to_owned(), database));
        let (child, address) = spawn(folder.path(), &settings)?;
        Ok(Self { folder, child, address, settings })
    }

    /// Kills it, and starts it again on the same database.
    pub(crate) fn restart(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        (self.child, self.address) = spawn(self.folder.path(), &self.settings)?;
        Ok(())
    }

    /// The most memory that it ever held, in KiB, and the size of its database file in bytes.
    pub(crate) fn footprint(&self) -> anyhow::Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().split(' ').next()).context("VmHWM")?.parse()?;
        let file = std::fs::metadata(self.folder.path().join("store.sqlite"))?;
        Ok((peak, file.len()))
    }

    /// The address and port that it listens on.
    pub(crate) fn address(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// A client with a new key of this role.
    pub(crate) fn client(&self, role: &str) -> anyhow::Result<Client> {
        let output = self.run(&["key", "create", "--role", role, "--name", "replay"])?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build()
            .new_agent();
        Ok(Client { agent, address: self.address.clone(), key: output.trim().to_owned() })
    }

    /// Runs a command of the binary with the same settings, and answers its output. Fails if its exit status is not 0.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = command(self.folder.path(), &self.settings)?.args(arguments).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        ensure!(
            output.status.success(),
            "offer-host {}: {}\n{}{}",
            arguments.join(" "),
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
        Ok(text(&output.stdout))
    }

    /// The answer of `offer-host calculate` to a receipt with a plan file.
    pub(crate) fn calculate(&self, plan: &Value, receipt: &str) -> anyhow::Result<Value> {
        std::fs::write(self.folder.path().join("plan.json"), plan.to_string())?;
        std::fs::write(self.folder.path().join("receipt.json"), receipt)?;
        Ok(serde_json::from_str(&self.run(&["calculate", "--plan", "plan.json", "receipt.json"])?)?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It fails if the host has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, settings: &[(String, String)]) -> anyhow::Result<(Child, String)> {
    let mut child = command(folder, settings)?.arg("serve").stderr(Stdio::piped()).spawn()?;
    let mut log = BufReader::new(child.stderr.take().context("the host has no log")?);
    let address = address(&mut log)?;
    // The log is read on, or the host would block when the pipe is full.
    thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Ok((child, format!("http://{address}")))
}

fn command(folder: &Path, settings: &[(String, String)]) -> anyhow::Result<Command> {
    let mut command = Command::new(workspace::offer_host()?);
    command
        .current_dir(folder)
        .env("OFFER_HOST__SERVER__LISTEN", "127.0.0.1:0")
        .env("OFFER_HOST__LOG__FORMAT", "json")
        // The receipts are of years ago, or of years to come.
        .env("OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS", "100000000000")
        .env("OFFER_HOST__PURCHASES__TILL_AHEAD_SECONDS", "100000000000")
        .envs(settings.iter().map(|(name, value)| (name, value)));
    Ok(command)
}

/// The address that the host says it serves on.
fn address(log: &mut BufReader<ChildStderr>) -> anyhow::Result<String> {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        ensure!(log.read_line(&mut line)? > 0, "the host ended: {seen}");
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(address) = entry.pointer("/fields/address").and_then(Value::as_str) {
            return Ok(address.to_owned());
        }
        seen.push_str(&line);
    }
}

/// Calls a host with one key, over connections that stay open.
pub(crate) struct Client {
    agent: Agent,
    address: String,
    key: String,
}

impl Client {
    /// A client with the same key and connections of its own.
    pub(crate) fn another(&self) -> Self {
        let agent = Agent::new_with_config(self.agent.config().clone());
        Self { agent, address: self.address.clone(), key: self.key.clone() }
    }

    /// A client with the same key that connects anew for each call.
    pub(crate) fn without_keep_alive(&self) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .max_idle_connections(0)
            .max_idle_connections_per_host(0);
        Self { agent: config.build().new_agent(), address: self.address.clone(), key: self.key.clone() }
    }

    pub(crate) fn get(&self, path: &str) -> anyhow::Result<String> {
        let request = self.agent.get(self.url(path)).header("Authorization", self.bearer());
        accepted(path, request.call())
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> anyhow::Result<String> {
        let request = self.agent.put(self.url(path)).header("Authorization", self.bearer());
        accepted(path, request.header("Content-Type", "application/json").send(body))
    }

    /// Streams rows; `media_type` says how they are written. Does not wait for them to be applied.
    pub(crate) fn stream(
        &self,
        path: &str,
        media_type: &str,
        rows: impl std::io::Read + 'static,
    ) -> anyhow::Result<String> {
        let request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        let request = request.header("Content-Type", media_type).header("Prefer", "respond-async");
        let request = request.config().timeout_global(None).build();
        accepted(path, request.send(ureq::SendBody::from_owned_reader(rows)))
    }

    /// Sends rows, one a line.
    pub(crate) fn import(&self, path: &str, rows: &str) -> anyhow::Result<String> {
        let request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        accepted(path, request.header("Content-Type", "application/x-ndjson").send(rows))
    }

    pub(crate) fn post(&self, path: &str, key: Option<&str>, body: &str) -> anyhow::Result<String> {
        let mut request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        accepted(path, request.header("Content-Type", "application/json").send(body))
    }

    /// Uploads a component.
    pub(crate) fn upload(&self, path: &str, component: Vec<u8>) -> anyhow::Result<String> {
        let request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        accepted(path, request.header("Content-Type", "application/wasm").send(component))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }
}

fn accepted(
    path: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> anyhow::Result<String> {
    let mut response = response.with_context(|| path.to_owned())?;
    let text = response.body_mut().read_to_string().with_context(|| path.to_owned())?;
    ensure!(response.status().is_success(), "{path}: {}: {text}", response.status());
    Ok(text)
}
