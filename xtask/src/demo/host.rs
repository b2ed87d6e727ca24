//! The host of the demo: built, started on a fresh file, stopped at the end.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::toolchain;

const PREFERRED: &str = "127.0.0.1:8080";
const START_WITHIN: Duration = Duration::from_secs(60);

/// A host that is built.
pub(super) struct BuiltHost {
    binary: PathBuf,
    folder: PathBuf,
}

/// A host that runs; it stops when this is dropped.
pub(super) struct Host {
    built: BuiltHost,
    listen: SocketAddr,
    address: String,
    child: Child,
}

impl Host {
    /// Builds the binary, and empties the folder of the demo.
    pub(super) fn build() -> anyhow::Result<BuiltHost> {
        // Not a release build: that takes longer, and a first look needs no speed.
        let status = toolchain::cargo().args(["build", "--package", "cli"]).status()?;
        ensure!(status.success(), "the build failed; see above");
        let target = target_directory()?;
        let folder = target.join("demo");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
        }
        fs::create_dir_all(&folder)?;
        Ok(BuiltHost { binary: target.join("debug").join("offer-host"), folder })
    }

    /// The address, as `http://…`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Makes a key, as an operator would.
    pub(super) fn create_key(&self, role: &str) -> anyhow::Result<String> {
        let output = self
            .built
            .command(self.listen)
            .args(["key", "create", "--role", role, "--name", "demo"])
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "`offer-host key create` failed");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Waits until the host ends. Fails if it ends with an error.
    pub(super) fn wait(&mut self) -> anyhow::Result<ExitCode> {
        let status = self.child.wait()?;
        ensure!(status.success(), "the host ended with {status}; its log is {}", self.built.log().display());
        Ok(ExitCode::SUCCESS)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_WITHIN;
        let url = format!("{}/readyz", self.address);
        while ureq::get(&url).call().is_err() {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.built.log()).unwrap_or_default();
                bail!("the host ended with {status} before it served:\n{log}");
            }
            ensure!(
                Instant::now() < deadline,
                "the host is not ready; its log is {}",
                self.built.log().display()
            );
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl BuiltHost {
    /// Starts it and waits until it is ready.
    pub(super) fn start(self) -> anyhow::Result<Host> {
        let listen = free_address()?;
        let log = File::create(self.log())?;
        let mut command = self.command(listen);
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().with_context(|| format!("starting {}", self.binary.display()))?;
        let mut host = Host { built: self, listen, address: format!("http://{listen}"), child };
        host.wait_until_ready()?;
        Ok(host)
    }

    fn command(&self, listen: SocketAddr) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(&self.folder)
            .env("OFFER_HOST__SERVER__LISTEN", listen.to_string())
            .env("OFFER_HOST__DATABASE__URL", "sqlite://store.sqlite")
            // The receipt of the demo has a fixed time.
            .env("OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS", "100000000000");
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.join("host.log")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The usual address, or any free one if that is taken.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(PREFERRED).or_else(|_| TcpListener::bind("127.0.0.1:0"))?;
    Ok(listener.local_addr()?)
}

fn target_directory() -> anyhow::Result<PathBuf> {
    let output = toolchain::cargo().args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    ensure!(output.status.success(), "`cargo metadata` failed");
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(folder.context("`cargo metadata` names no target directory")?.into())
}
