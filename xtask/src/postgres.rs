//! The PostgreSQL server of `cargo xtask test`, installed when there is none.

use std::process::Command;

use anyhow::{Context as _, ensure};
use test_postgres::{Installation, Server};

/// A server for the tests: one that was named to us, or one of our own that stops when this is
/// dropped.
pub(crate) enum Postgres {
    Given(String),
    Own(Server),
}

impl Postgres {
    /// The server of the environment, else a new one, after installing PostgreSQL if need be.
    pub(crate) fn get() -> anyhow::Result<Self> {
        let installation = ensure_installed()?;
        if let Ok(url) = std::env::var(test_postgres::VARIABLE) {
            eprintln!("the tests use the PostgreSQL server of {}", test_postgres::VARIABLE);
            return Ok(Self::Given(url));
        }
        Ok(Self::Own(Server::start(&installation)?))
    }

    /// Where it serves, as `postgres://…`.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Own(server) => server.url(),
        }
    }
}

fn ensure_installed() -> anyhow::Result<Installation> {
    if let Ok(found) = Installation::find() {
        return Ok(found);
    }
    eprintln!(
        "installing Debian's package postgresql with apt: the tests run the store on a real PostgreSQL server"
    );
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "postgresql"])?;
    Installation::find()
}

/// Runs apt-get, with sudo where that is there and we are not root.
fn apt(arguments: &[&str]) -> anyhow::Result<()> {
    let told = format!("apt-get {}", arguments.join(" "));
    let mut command = if is_root()? || !exists("sudo") {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    let status = command
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        .args(arguments)
        .status()
        .with_context(|| format!("running `{told}`"))?;
    ensure!(
        status.success(),
        "`{told}` failed ({status}); install the PostgreSQL server (on Debian: the package postgresql) by hand"
    );
    Ok(())
}

fn is_root() -> anyhow::Result<bool> {
    let output = Command::new("id").arg("-u").output().context("running id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

fn exists(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}
