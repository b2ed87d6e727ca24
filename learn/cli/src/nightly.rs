//! `run`, its stages one by one, and `rollback`: the nightly loop beside a host.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use night::{Config, Handed, Night, Outcome, Run, Stage, State};

use crate::output::say;
use crate::progress::Progress;
use crate::refused::{Refused, refuse};

/// Do a night: read what came of the last assignment, let models compete, assign, upload.
///
/// Example, once a night from cron:
///   OFFER_HOST_KEY=… offer-host-learn run --config learn.toml
///
/// Each stage writes its files or none; a run that was killed goes on with the next stage when it is called again.
/// While an assignment holds, only the results feed is read. If anything fails, the assignment in force stays.
///
/// Exit codes: 0 done; 1 failed; 2 wrong arguments or configuration; 3 the host refused rows, and took the others.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// The configuration; all keys are in docs/learning.md.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// First day of the assignment; today by the chain's clocks by default.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
}

/// Bring the assignment back that was in force before a run, for the days of that run.
///
/// Example:
///   offer-host-learn rollback state/runs/2026-11-30
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Rollback {
    /// Folder of the run that is in force, such as state/runs/2026-11-30.
    run: PathBuf,
}

/// The host has refused rows of an upload, and taken the others.
#[derive(Debug, thiserror::Error)]
#[error("{refused} rows were refused, and the others are in force: {problems}")]
pub(crate) struct RowsRefused {
    refused: u64,
    problems: String,
}

/// Does the stages up to one of them that are not yet done.
pub(crate) fn run(arguments: &Arguments, until: Stage) -> anyhow::Result<()> {
    let config = Config::read(&arguments.config)?;
    if let Some(date) = &arguments.date
        && !is_date(date)
    {
        refuse!("--date: \"{date}\" is not a date such as 2026-11-30");
    }
    let progress = Progress::new();
    let night = Night {
        config: &config,
        source: &arguments.config,
        date: arguments.date.as_deref(),
        until,
        progress: &|what, done, steps| progress.step(what, done, steps),
    };
    // Exit code 1, not 2: the arguments are right, and the same call goes on with the run once its data is mended.
    let outcome = night.run().map_err(|error| anyhow!("{error:#}; the assignment in force stays"))?;
    drop(progress);
    match outcome {
        Outcome::Holds { run, end, new_rows } => say(&format!(
            "the assignment of run {run} holds until {end}; {new_rows} new rows of the feed were read"
        )),
        Outcome::Done { run, sentence, handed } => {
            sentence.iter().try_for_each(|sentence| say(sentence))?;
            say(&format!("{} is done up to {}", run.display(), until.folder()))?;
            handed.as_ref().map_or(Ok(()), told)
        }
    }
}

fn is_date(text: &str) -> bool {
    let shape = text
        .bytes()
        .enumerate()
        .all(|(place, byte)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    shape && text.len() == 10
}

/// Brings the assignment back that was in force before a run.
pub(crate) fn rollback(arguments: &Rollback) -> anyhow::Result<()> {
    let (state, run) = place(&arguments.run)?;
    let lock = state.lock()?;
    let (before, handed) = night::rollback(&state, &run).map_err(|error| anyhow!("{error:#}"))?;
    drop(lock);
    say(&format!("the assignment of run {before} is in force again, for the days of run {}", run.name))?;
    told(&handed)
}

/// True if a folder holds a nightly run, which begins with the stage `ingest`; one of `experiment` has none.
pub(crate) fn is_run(folder: &Path) -> bool {
    folder.join(Stage::Ingest.folder()).is_dir()
}

/// Does a run again, and compares.
pub(crate) fn verify(folder: &Path) -> anyhow::Result<()> {
    let (state, run) = place(folder)?;
    let progress = Progress::new();
    let files = night::verify(&state, &run, &|what, done, steps| progress.step(what, done, steps))
        .map_err(|error| anyhow!("{error:#}"))?;
    drop(progress);
    say(&format!("identical: {files} files"))
}

/// The state that a run belongs to, and the run.
fn place(folder: &Path) -> Result<(State, Run), Refused> {
    let whole = folder.canonicalize().map_err(|error| Refused(format!("{}: {error}", folder.display())))?;
    let state = whole.parent().and_then(Path::parent);
    match state.filter(|_| is_run(&whole)) {
        Some(state) => Ok((State::new(state), Run::at(&whole))),
        None => refuse!("{}: is no folder of a run", folder.display()),
    }
}

fn told(handed: &Handed) -> anyhow::Result<()> {
    let Handed { applied, unchanged, refused, problems } = handed;
    say(&format!("uploaded: {applied} applied, {unchanged} unchanged, {refused} refused"))?;
    if *refused > 0 {
        return Err(RowsRefused { refused: *refused, problems: problems.join("; ") }.into());
    }
    Ok(())
}
