//! The commands of the `offer-host` binary, one file each. Those of authors, `offer-host mechanic …`, are in
//! `toolkit::mechanic`.

mod audit;
mod backtest;
mod backup;
mod calculate;
mod chain;
mod compile_mechanic;
mod config;
mod database;
mod import;
mod key;
mod ledger;
mod mailing;
mod migrate;
mod opening;
mod replay;
mod report;
mod restore;
mod retention;
mod serve;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use rustix::fs::Mode;
use rustix::process::umask;
use toolkit::mechanic;

/// Prices receipts: mechanics propose rewards in a sandbox, the host decides.
#[derive(Debug, clap::Parser)]
#[command(name = "offer-host", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run the service.
    Serve(serve::Args),
    /// Show and verify the audit log: who changed what.
    Audit(audit::Args),
    /// Price sold purchases with a candidate, and compare. Changes nothing.
    Backtest(backtest::Args),
    /// Write the whole database into one file, while hosts serve.
    Backup(backup::Args),
    /// Price receipts offline, with a plan file: no server, no database.
    Calculate(calculate::Args),
    /// Check, simulate and replay chains of messages.
    Chain(chain::Args),
    /// Compile a mechanic from stdin to stdout, within limits.
    #[command(hide = true)]
    CompileMechanic(compile_mechanic::Args),
    /// Check the settings, or print the defaults.
    Config(config::Args),
    /// Copy a database into another one, from SQLite to PostgreSQL or back.
    Database(database::Args),
    /// Send a file to a host: catalogue, members, attributes or offers.
    Import(import::Args),
    /// Make, list and revoke API keys.
    Key(key::Args),
    /// Check that balances, lots and counters agree with the ledger.
    Ledger(ledger::Args),
    /// Show mailings of a host that serves.
    Mailing(mailing::Args),
    /// Write, check, test, sign and publish mechanics.
    Mechanic(mechanic::Args),
    /// Bring the schema of the database up to date, or back.
    Migrate(migrate::Args),
    /// Price purchases again with what they were priced with, and compare the answers.
    Replay(replay::Args),
    /// Report the effect of offers.
    Report(report::Args),
    /// Put a backup in the place of the database, once it is checked.
    Restore(restore::Args),
    /// Remove what is older than the settings say, or show what would be removed.
    Retention(retention::Args),
}

/// The status of a command whose output nobody reads any more, as when it is piped into `head`: that of a process that is
/// ended by SIGPIPE.
const NOBODY_READS: u8 = 128 + 13;

/// True if the output was closed. Errors of other pipes and connections have a context.
fn is_closed_output(error: &anyhow::Error) -> bool {
    let written = error.chain().next().and_then(|first| first.downcast_ref::<std::io::Error>());
    written.is_some_and(|written| written.kind() == ErrorKind::BrokenPipe)
}

impl Command {
    /// True if the command writes what is nobody's business but the operator's: the database, uploads, exports of it.
    /// Files that authors of mechanics and of plan files write keep the usual modes of their owner.
    fn is_private(&self) -> bool {
        match self {
            Self::Serve(_)
            | Self::Audit(_)
            | Self::Backtest(_)
            | Self::Backup(_)
            | Self::Chain(_)
            | Self::Database(_)
            | Self::Key(_)
            | Self::Ledger(_)
            | Self::Migrate(_)
            | Self::Replay(_)
            | Self::Report(_)
            | Self::Restore(_)
            | Self::Retention(_) => true,
            Self::Calculate(_)
            | Self::CompileMechanic(_)
            | Self::Config(_)
            | Self::Import(_)
            | Self::Mailing(_)
            | Self::Mechanic(_) => false,
        }
    }
}

/// Runs a command; an error goes to stderr with its causes.
pub(crate) fn run(cli: Cli) -> ExitCode {
    if cli.command.is_private() {
        // Files that are made from here on open for their owner only.
        umask(Mode::from_raw_mode(0o077));
    }
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Calculate(args) => calculate::run(args),
        Command::Chain(args) => chain::run(args),
        Command::CompileMechanic(args) => compile_mechanic::run(&args),
        Command::Config(args) => config::run(args),
        Command::Database(args) => database::run(args),
        Command::Import(args) => import::run(&args),
        Command::Key(args) => key::run(args),
        Command::Ledger(args) => ledger::run(args),
        Command::Mailing(args) => mailing::run(&args),
        Command::Mechanic(args) => mechanic::run(args),
        Command::Migrate(args) => migrate::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Report(args) => report::run(args),
        Command::Restore(args) => restore::run(&args),
        Command::Retention(args) => retention::run(args),
    };
    outcome.unwrap_or_else(|error| {
        if is_closed_output(&error) {
            return ExitCode::from(NOBODY_READS);
        }
        // If stderr is closed, the error cannot be shown.
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}
