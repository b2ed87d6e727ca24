//! `offer-host ledger`: checks the ledger.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use app::config::Config;
use store::Store;

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
    Verify {
        /// The settings file of `serve`.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Verify { config } = args.command;
    let config = Config::load(config.as_deref())?;
    let mismatches = tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(&config.database.url).await?;
        let mismatches = store.verify(store.now().await?).await?;
        store.close().await;
        anyhow::Ok(mismatches)
    })?;
    let mut out = std::io::stdout().lock();
    for mismatch in &mismatches {
        let store::Mismatch { check, subject, expected, found } = mismatch;
        writeln!(out, "{subject}: {check}: expected {expected}, found {found} (smallest steps)")?;
    }
    if mismatches.is_empty() {
        writeln!(out, "the ledger adds up")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{} places where the ledger does not add up", mismatches.len())?;
    Ok(ExitCode::FAILURE)
}
