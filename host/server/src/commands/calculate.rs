//! `offer-host calculate`: price receipts offline.

use std::process::ExitCode;

/// What `offer-host calculate` takes.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
