//! The commands of the `offer-host` binary, one module each.

pub mod calculate;

use std::process::ExitCode;

/// Prices receipts: mechanics propose rewards in a sandbox, the host decides.
#[derive(Debug, clap::Parser)]
#[command(name = "offer-host", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Price receipts offline, with a plan file: no server, no database.
    Calculate(calculate::Args),
}

/// Runs a command; an error goes to stderr with its causes.
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Calculate(args) => calculate::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
