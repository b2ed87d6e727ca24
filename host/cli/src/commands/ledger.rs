//! `offer-host ledger`: checks the ledger.

use std::io::Write as _;
use std::process::ExitCode;

use super::opening::DatabaseArgs;

/// Arguments of `offer-host ledger`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compare balances, lots, purchases, returns and counters with the entries that made them. Changes
    /// nothing; exits with 1 if anything differs.
    Verify(DatabaseArgs),
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Verify(database) = args.command;
    let (mismatches, loss) = database
        .with_store(async |store, _| Ok((store.verify(store.now().await?).await?, store.loss().await?)))?;
    let mut out = std::io::stdout().lock();
    for mismatch in &mismatches {
        writeln!(out, "{mismatch}")?;
    }
    if mismatches.is_empty() {
        writeln!(out, "the ledger adds up")?;
    } else {
        writeln!(out, "{} places where the ledger does not add up", mismatches.len())?;
    }
    if let Some(loss) = &loss {
        writeln!(out, "{loss}")?;
    }
    let is_whole = mismatches.is_empty() && loss.is_none();
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
