//! Installs the parts of the Rust toolchain that the commands need and that are missing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The target that mechanics are built for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The root of the workspace.
pub(crate) fn workspace_root() -> PathBuf {
    let own_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_folder.parent().unwrap_or(own_folder).to_owned()
}

/// The cargo that runs this program, or the one on the path.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root());
    for name in of_one_package() {
        command.env_remove(name);
    }
    command
}

/// Variables that cargo sets for the program of one package. Build scripts of some libraries are run again when they
/// change, and all that depends on those libraries is then compiled again.
fn of_one_package() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name == "OUT_DIR" || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")
    })
}

/// Adds the Wasm target if it is missing: `rust-toolchain.toml` names it, but rustup installs it
/// by itself only where automatic installation is on.
pub(crate) fn ensure_wasm_target() -> anyhow::Result<()> {
    if is_installed(WASM_TARGET)? {
        return Ok(());
    }
    eprintln!(
        "adding the Rust target {WASM_TARGET}: the mechanics are WebAssembly components built here from source"
    );
    rustup(&["target", "add", WASM_TARGET])
}

/// Adds rustfmt and clippy if they are missing.
pub(crate) fn ensure_components() -> anyhow::Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let present =
            cargo().args([subcommand, "--version"]).output().is_ok_and(|answer| answer.status.success());
        if !present {
            eprintln!("adding the Rust component {component}: `cargo {subcommand}` is one of the checks");
            rustup(&["component", "add", component])?;
        }
    }
    Ok(())
}

/// True if the standard library for `target` is installed, by rustup or otherwise.
fn is_installed(target: &str) -> anyhow::Result<bool> {
    let answer = Command::new("rustc")
        .current_dir(workspace_root())
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("running rustc; install Rust from https://rustup.rs")?;
    Ok(answer.status.success() && Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_dir())
}

fn rustup(arguments: &[&str]) -> anyhow::Result<()> {
    let told = format!("rustup {}", arguments.join(" "));
    let status = Command::new("rustup")
        .current_dir(workspace_root())
        .args(arguments)
        .status()
        .with_context(|| format!("running `{told}`; install rustup from https://rustup.rs"))?;
    ensure!(status.success(), "`{told}` failed ({status}); run it by hand to see why");
    Ok(())
}
