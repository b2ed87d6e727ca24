//! Paths of the workspace, of its files, and of the binary built from it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The root of the workspace.
pub fn root() -> PathBuf {
    let own_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_folder.parent().unwrap_or(own_folder).to_owned()
}

/// Every file of the repository, relative to the root and in order: what git tracks, and what it
/// would track next, so that a rule speaks up before the commit.
pub fn files() -> anyhow::Result<Vec<String>> {
    let answer = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("running `git ls-files`")?;
    ensure!(answer.status.success(), "`git ls-files` failed: {}", String::from_utf8_lossy(&answer.stderr));
    let names = String::from_utf8(answer.stdout).context("a file name is not UTF-8")?;
    let unique: BTreeSet<String> =
        names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(unique.into_iter().filter(|name| root().join(name).is_file()).collect())
}

/// The binary `offer-host` of this very tree, built if need be.
///
/// Cargo hands the path of a binary only to tests of its own package, so it is asked here. The
/// whole workspace is selected, with a test, so that the features, and with them all compiled
/// dependencies, are those of `cargo test --workspace`: without the test cargo leaves the features
/// of development dependencies out, and compiles everything a second time.
pub fn offer_host() -> anyhow::Result<PathBuf> {
    static BUILT: std::sync::OnceLock<Result<PathBuf, String>> = std::sync::OnceLock::new();
    BUILT
        .get_or_init(|| build_offer_host().map_err(|error| format!("{error:#}")))
        .clone()
        .map_err(anyhow::Error::msg)
}

fn build_offer_host() -> anyhow::Result<PathBuf> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Set by cargo for the package of the test. Build scripts of some libraries are run again when they change, and
    // all that depends on those libraries is then compiled again.
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
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let answer = command.current_dir(root()).output().context("running cargo")?;
    ensure!(
        answer.status.success(),
        "building offer-host failed:\n{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    String::from_utf8_lossy(&answer.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message.pointer("/target/name").is_some_and(|name| name == "offer-host"))
        .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .context("cargo built no executable called offer-host")
}
