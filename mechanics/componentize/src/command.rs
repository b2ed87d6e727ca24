//! Runs cargo for the build of mechanics.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{ComponentizeError, PROFILE, TARGET};

/// Flags that make a mechanic cheap to start: a small stack, and memory of one size.
const LINK_FLAGS: [&str; 2] = ["-Clink-arg=-zstack-size=65536", "-Clink-arg=--no-growable-memory"];

/// Variables of the outer build that would change the inner one.
const FOREIGN_VARIABLES: [&str; 13] = [
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_FEATURE_",
    "CARGO_INCREMENTAL",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
];

/// Checks that the target is installed: cargo's own message is hard to read.
pub(crate) fn require_target() -> Result<(), ComponentizeError> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = run(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && libraries.is_dir() { Ok(()) } else { Err(ComponentizeError::TargetMissing) }
}

/// Compiles the packages into `<target_dir>/<TARGET>/<PROFILE>`.
pub(crate) fn build(root: &Path, target_dir: &Path, packages: &[String]) -> Result<(), ComponentizeError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--lib", "--profile", PROFILE, "--target", TARGET]);
    command.arg("--target-dir").arg(target_dir);
    if root.join("Cargo.lock").is_file() {
        command.arg("--locked");
    }
    for package in packages {
        command.args(["--package", package]);
    }
    for (name, _) in env::vars_os().filter(|(name, _)| is_foreign(name)) {
        command.env_remove(name);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", rustc_flags(root));
    let output = run(&mut command)?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ComponentizeError::Compile { packages: packages.join(", "), output })
}

fn run(command: &mut Command) -> Result<Output, ComponentizeError> {
    command.output().map_err(|source| ComponentizeError::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })
}

fn is_foreign(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    FOREIGN_VARIABLES.iter().any(|foreign| name.starts_with(foreign))
}

/// The flags, in cargo's encoding. Paths of this machine are replaced, lest they end up in panic
/// messages and make the same sources give other bytes elsewhere.
fn rustc_flags(root: &Path) -> OsString {
    let mut flags = LINK_FLAGS.map(OsString::from).to_vec();
    for (path, replacement) in [(Some(root.to_owned()), "/workspace"), (cargo_home(), "/cargo")] {
        if let Some(path) = path {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(path);
            flag.push("=");
            flag.push(replacement);
            flags.push(flag);
        }
    }
    flags.join(&OsString::from("\u{1f}"))
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}
