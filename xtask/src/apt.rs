//! Debian packages that the checks need.

use std::process::Command;

use anyhow::{Context as _, ensure};

/// Installs a package, and says why.
pub(crate) fn install(package: &str, why: &str) -> anyhow::Result<()> {
    eprintln!("installing Debian's package {package} with apt: {why}");
    let by_hand = format!("install it (on Debian: the package {package}) by hand");
    apt(&["update"]).with_context(|| by_hand.clone())?;
    apt(&["install", "--yes", "--no-install-recommends", package]).context(by_hand)
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
    ensure!(status.success(), "`{told}` failed ({status})");
    Ok(())
}

fn is_root() -> anyhow::Result<bool> {
    let output = Command::new("id").arg("-u").output().context("running id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

fn exists(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}
