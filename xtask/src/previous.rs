//! The host of the last release on the schema and the built-in mechanics of this tree: nodes are brought up to date
//! one after another, and a release that does not do well is taken back, so that the release before must go on
//! selling with what the next has stored.

mod scenario;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, ensure};

use crate::host::{empty, target_directory};
use crate::postgres::Postgres;
use crate::toolchain;

/// The file that names the commit of the last release.
const FILE: &str = "migrations/PREVIOUS";

/// Result of the check.
pub(crate) enum Outcome {
    /// The schema and the contract are those of the last release.
    Unchanged,
    /// The last release sells on the new schema, on so many databases.
    Sells(u64),
    /// The commit of the last release is not there, as in a shallow clone.
    Unknown,
}

/// Runs the check alone.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    toolchain::ensure_wasm_target()?;
    let postgres = Postgres::get()?;
    check(postgres.url())?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the scenario if the schema or the contract of mechanics has changed since the last release, on both
/// databases. Says what it does.
pub(crate) fn check(postgres: &str) -> anyhow::Result<Outcome> {
    let file = toolchain::workspace_root().join(FILE);
    let commit = fs::read_to_string(&file).with_context(|| format!("reading {FILE}"))?.trim().to_owned();
    let is_there = git(&["cat-file", "-e", &format!("{commit}^{{commit}}")]).stderr(Stdio::null()).status();
    if !is_there.context("running git")?.success() {
        eprintln!(
            "the last release, {commit}, is not in this clone: not checked; `git fetch --unshallow` brings it"
        );
        return Ok(Outcome::Unknown);
    }
    if !differs(&commit)? {
        eprintln!(
            "the schema and the contract are those of the last release, {commit}: there is nothing to check"
        );
        return Ok(Outcome::Unchanged);
    }
    eprintln!(
        "schema or contract differ from those of the last release, {commit}: its host has to sell with the new ones"
    );
    let target = target_directory()?;
    let folder = target.join("previous");
    let previous = binary(&commit, &folder)?;
    let current = build(&toolchain::workspace_root(), &target)?;
    let demo = folder.join(&commit).join("source/xtask/demo");
    let run = folder.join("run");
    empty(&run)?;
    let databases = ["sqlite://store.sqlite".to_owned(), test_postgres::fresh_database_on(postgres)?];
    for database in &databases {
        scenario::run(
            &scenario::Hosts { previous: &previous, current: &current, folder: &run, database },
            &demo,
        )
        .with_context(|| format!("the last release does not live with the new schema, in {database}"))?;
    }
    eprintln!("the last release sells on the new schema, in SQLite and PostgreSQL");
    Ok(Outcome::Sells(2))
}

fn git(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(toolchain::workspace_root()).args(arguments);
    command
}

/// True if any migration of a database that the release of a commit has, any version of the contract or the guest SDK was
/// added, changed or removed since.
fn differs(commit: &str) -> anyhow::Result<bool> {
    const STORED: [&str; 3] = [":(glob)migrations/*.sql", "wit", "mechanics/sdk"];
    const COMMUNICATIONS: &str = "migrations/communications";
    let mut stored = STORED.to_vec();
    let has_it =
        git(&["cat-file", "-e", &format!("{commit}:{COMMUNICATIONS}")]).stderr(Stdio::null()).status()?;
    if has_it.success() {
        stored.push(COMMUNICATIONS);
    }
    let same = git(&["diff", "--quiet", commit, "--"]).args(&stored).status()?.success();
    let new = git(&["ls-files", "--others", "--exclude-standard", "--"]).args(&stored).output()?;
    Ok(!same || !new.stdout.is_empty())
}

/// The host of a commit: built from its sources, unless it was before.
fn binary(commit: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let folder = folder.join(commit);
    let kept = folder.join("offer-host");
    if kept.exists() {
        return Ok(kept);
    }
    eprintln!("building it; that takes some minutes, once");
    let source = folder.join("source");
    empty(&source)?;
    let archive = folder.join("source.tar");
    let packed = git(&["archive", "--format=tar", commit]).stdout(File::create(&archive)?).status()?;
    ensure!(packed.success(), "`git archive {commit}` failed");
    let unpacked = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&source).status()?;
    ensure!(unpacked.success(), "unpacking {} failed", archive.display());
    // Under another name first, so that a build that is broken off leaves nothing that looks complete.
    let built = folder.join("built");
    // In a folder of its own, although libraries are compiled once more: where two trees share one, cargo tells their
    // crates apart by the age of their files alone, and takes code of one for the other's.
    let target = folder.join("target");
    fs::copy(build(&source, &target)?, &built)?;
    fs::rename(&built, &kept)?;
    empty(&target)?;
    Ok(kept)
}

/// Builds the host of a workspace into a target folder.
fn build(workspace: &Path, target: &Path) -> anyhow::Result<PathBuf> {
    let status = toolchain::cargo()
        // With a test, cargo takes the features of development dependencies too, and finds its libraries compiled.
        .args(["build", "--workspace", "--bin", "offer-host", "--test", "calculate", "--locked"])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .status()?;
    ensure!(status.success(), "building the host in {} failed; see above", workspace.display());
    Ok(target.join("debug").join("offer-host"))
}
