//! Hosts of the demo and of the checks: started in a folder, stopped at the end.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::toolchain;

const START_WITHIN: Duration = Duration::from_secs(60);

/// A program with its settings.
pub(crate) struct Program {
    pub(crate) binary: PathBuf,
    /// Where it is run, and where its log is.
    pub(crate) folder: PathBuf,
    /// Environment variables.
    pub(crate) settings: Vec<(&'static str, String)>,
}

/// A host that runs; it stops when this is dropped.
pub(crate) struct Host<'a> {
    program: &'a Program,
    address: String,
    child: Child,
}

impl Program {
    /// Starts it at an address, and waits until it is ready.
    pub(crate) fn serve(&self, listen: SocketAddr) -> anyhow::Result<Host<'_>> {
        let log = File::create(self.log())?;
        let mut command = self.command();
        command.arg("serve").env("OFFER_HOST__SERVER__LISTEN", listen.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().with_context(|| format!("starting {}", self.binary.display()))?;
        let mut host = Host { program: self, address: format!("http://{listen}"), child };
        host.wait_until_ready()?;
        Ok(host)
    }

    /// Makes a key, as an operator would.
    pub(crate) fn create_key(&self, role: &str) -> anyhow::Result<String> {
        self.run(&["key", "create", "--role", role, "--name", "xtask"])
    }

    /// Runs a command that must succeed; what it prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command().args(arguments).stderr(Stdio::inherit()).output()?;
        let said = String::from_utf8(output.stdout)?.trim().to_owned();
        ensure!(output.status.success(), "`offer-host {}` failed: {said}", arguments.join(" "));
        Ok(said)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.join("host.log")
    }
}

impl Host<'_> {
    /// The address, as `http://…`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits until the host ends. Fails if it ends with an error.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitCode> {
        let status = self.child.wait()?;
        ensure!(
            status.success(),
            "the host ended with {status}; its log is {}",
            self.program.log().display()
        );
        Ok(ExitCode::SUCCESS)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_WITHIN;
        let url = format!("{}/readyz", self.address);
        while ureq::get(&url).call().is_err() {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.program.log()).unwrap_or_default();
                bail!("the host ended with {status} before it served:\n{log}");
            }
            ensure!(
                Instant::now() < deadline,
                "the host is not ready; its log is {}",
                self.program.log().display()
            );
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Host<'_> {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a folder, or empties it.
pub(crate) fn empty(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// The folder that cargo builds into.
pub(crate) fn target_directory() -> anyhow::Result<PathBuf> {
    let output = toolchain::cargo().args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    ensure!(output.status.success(), "`cargo metadata` failed");
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(folder.context("`cargo metadata` names no target directory")?.into())
}
