//! `offer-host mechanic test`: runs case files, or sold purchases, in the real sandbox.
//!
//! `run` runs cases and `report` prints them; `record`, `replay` and `profile` are the options of these names.

pub(super) mod case_files;
mod profile;
mod record;
mod replay;
pub(super) mod report;
pub(super) mod run;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::ClassArg;

/// Exit status when a case or a file cannot be used.
const UNUSABLE: u8 = 2;
/// Time between two looks at the files with `--watch`.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Arguments of `offer-host mechanic test`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Case files, or folders with case files
    #[arg(value_name = "CASES", required_unless_present = "replay")]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    class: ClassArg,
    /// Print JSON, one document
    #[arg(long)]
    json: bool,
    /// Run again whenever the component or a case changes
    #[arg(long, conflicts_with_all = ["record", "replay", "profile"])]
    watch: bool,
    /// Write a case file that expects the answers of now, for a person to review
    #[arg(long, value_name = "OUT.toml", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Receipts to record, JSON or one a line, as tills send them; those of the case without it
    #[arg(long, value_name = "FILE", requires = "record")]
    receipts: Option<PathBuf>,
    /// Overwrite the file that is there
    #[arg(long, requires = "record")]
    force: bool,
    /// Price the purchases of a file of `offer-host replay --export`, and print the differences
    #[arg(long, value_name = "BUNDLE", conflicts_with = "cases")]
    replay: Option<PathBuf>,
    /// Differences of `--replay` are no failure
    #[arg(long, requires = "replay")]
    allow_differences: bool,
    /// Write a CPU profile of the calls of the cases, for <https://profiler.firefox.com>
    #[arg(long, value_name = "OUT.json", conflicts_with_all = ["record", "replay"])]
    profile: Option<PathBuf>,
}

/// Runs the command. The status is 1 if something is not as expected or a limit was passed, and 2 if a case or a
/// file cannot be used.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let outcome = if args.watch { watch(args) } else { once(args) };
    outcome.or_else(|error| {
        eprintln!("error: {error:#}");
        Ok(ExitCode::from(UNUSABLE))
    })
}

fn once(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(bundle) = &args.replay {
        return replay::run(args, bundle);
    }
    if let Some(out) = &args.record {
        return record::run(args, out);
    }
    run::run(args)
}

/// Runs the cases again at every change, until the process is stopped.
fn watch(args: &Args) -> anyhow::Result<ExitCode> {
    loop {
        let seen = case_files::stamps(args);
        if let Err(error) = run::run(args) {
            eprintln!("error: {error:#}");
        }
        eprintln!("waiting for changes; Ctrl-C ends");
        while case_files::stamps(args) == seen {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
