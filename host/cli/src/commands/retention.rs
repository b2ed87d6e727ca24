//! `offer-host retention`: removes what is old, or shows it.

use std::io::Write as _;
use std::process::ExitCode;

use app::retention::{Job, Mode, Outcome, Removed};
use serde_json::json;

use super::opening::DatabaseArgs;

/// Arguments of `offer-host retention`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Count what is older than the settings say. Changes nothing.
    Show(Options),
    /// Remove it now, beside a running host or without one, instead of waiting for the job of the hosts.
    Run(Options),
}

#[derive(Debug, clap::Args)]
struct Options {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (mode, options) = match args.command {
        Command::Show(options) => (Mode::Show, options),
        Command::Run(options) => (Mode::Run, options),
    };
    // Of the process: two commands at a time are two nodes.
    let node = format!("command-{}", std::process::id());
    let done = options.database.with_store(async |store, config| {
        let job = Job { store, config, node: &node, changes: None };
        Ok(job.work(mode).await?)
    })?;
    print(&done, mode, options.json)?;
    Ok(if done.by_another { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(done: &Outcome, mode: Mode, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let of_another = done.by_another;
        writeln!(out, "{}", json!({"kinds": done.removed, "another_node_is_at_it": of_another}))?;
        return Ok(());
    }
    if done.by_another {
        writeln!(out, "another node is at it; only files of this one were looked at")?;
    }
    let verb = if mode == Mode::Run { "removed" } else { "would be removed" };
    for Removed { what, kept, removed } in &done.removed {
        let kept = match (*what, *kept) {
            ("components" | "code_files", kept) => format!("the newest {kept} are kept"),
            (_, 0) => "kept for ever".to_owned(),
            (_, kept) => format!("kept {kept} days"),
        };
        writeln!(out, "{what:<22} {removed:>10} {verb} ({kept})")?;
    }
    Ok(())
}
