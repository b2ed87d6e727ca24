//! `offer-host database`: copies a database into another one.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use app::report::aligned;
use store::{Copied, Store, StoreError, copy_database};
use toolkit::progress::Progress;

/// Arguments of `offer-host database`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Copy all rows into a database that is empty, or not there yet. All or nothing: whatever fails, the other
    /// database is as it was. Both sides are compared, and their ledgers checked.
    Copy(Copy),
}

#[derive(Debug, clap::Args)]
struct Copy {
    /// The database to read: `sqlite://PATH` or `postgres://…`.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to fill, likewise.
    #[arg(long, value_name = "URL")]
    to: String,
    /// Copy it although its ledger does not add up, or its last changes may be missing.
    #[arg(long)]
    accept_problems: bool,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Copy(args) = args.command;
    let copied = tokio::runtime::Runtime::new()?.block_on(async {
        let from = Store::open_existing(&args.from).await.context("--from")?;
        let copied = copy(&from, &args).await;
        from.close().await;
        copied
    })?;
    let mut out = std::io::stdout().lock();
    let header = ["table", "from", "to"].map(str::to_owned);
    let rows = copied.tables.iter().map(|(name, rows)| [name.clone(), rows.to_string(), rows.to_string()]);
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    for line in aligned(&rows, 1) {
        writeln!(out, "{line}")?;
    }
    let total = copied.tables.iter().fold(0_u64, |sum, (_, rows)| sum.saturating_add(*rows));
    writeln!(out, "{} tables, {total} rows, the same on both sides", copied.tables.len())?;
    for mismatch in &copied.mismatches {
        writeln!(out, "{mismatch}")?;
    }
    match copied.mismatches.len() {
        0 => writeln!(out, "the ledger adds up on both sides")?,
        places => writeln!(out, "{places} places where the ledger does not add up, the same on both sides")?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn copy(from: &Store, args: &Copy) -> anyhow::Result<Copied> {
    match from.claim() {
        // Held until the end: no host starts to sell what would not be copied.
        Ok(()) => {}
        Err(StoreError::InUse { owner, .. }) => {
            let mut err = std::io::stderr();
            writeln!(
                err,
                "warning: a host{owner} serves {}: what it stores from now on is not copied",
                from.place()
            )?;
        }
        Err(error) => return Err(error.into()),
    }
    if let Some(loss) = from.loss().await?
        && !args.accept_problems
    {
        bail!("nothing was copied (--accept-problems copies it as it is): {loss}");
    }
    let mut progress = Progress::bar(1, "{human_pos} of {human_len} rows, {per_sec}").delayed();
    let mut show = |done: u64, total: u64| progress.set(done, total);
    copy_database(from, &args.to, args.accept_problems, &mut show).await.context("--to")
}
