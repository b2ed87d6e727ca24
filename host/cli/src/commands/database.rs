//! `offer-host database`: copies a database into another one.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use app::report::aligned;
use store::{Communications, Copied, Store, StoreError, copy_database};
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
    /// database is as it was. Both sides are compared, and their ledgers checked. Then the database of communications is
    /// copied in the same way, if there is one.
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
    /// The database of communications to read, if it is not the one that belongs to that of the tills.
    #[arg(long, value_name = "URL")]
    communications_from: Option<String>,
    /// The database of communications to fill, likewise.
    #[arg(long, value_name = "URL")]
    communications_to: Option<String>,
    /// Copy it although its ledger does not add up, or its last changes may be missing.
    #[arg(long)]
    accept_problems: bool,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Copy(args) = args.command;
    let beside = |given: &Option<String>, tills: &str| {
        given.clone().unwrap_or_else(|| Communications::url_beside(tills))
    };
    let from_apart = beside(&args.communications_from, &args.from);
    let to_apart = beside(&args.communications_to, &args.to);
    let (copied, apart) = tokio::runtime::Runtime::new()?.block_on(async {
        let from = Store::open_existing(&args.from).await.context("--from")?;
        let apart = communications(&from_apart).await.context("communications of --from")?;
        if let Some(apart) = &apart {
            apart.may_be_copied_to(&to_apart).await.context("nothing was copied")?;
        }
        let copied = copy(&from, &args).await;
        from.close().await;
        // After that of the tills: what these have told meanwhile is read again, and known already.
        let copied = copied?;
        let Some(apart) = apart else { return Ok((copied, None)) };
        let done = copy_apart(&apart, &to_apart).await;
        apart.close().await;
        anyhow::Ok((copied, Some(done.context("the tills were copied, communications were not")?)))
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
    match apart {
        None => writeln!(out, "there are no communications to copy")?,
        Some(tables) => {
            let rows = tables.iter().fold(0_u64, |sum, (_, rows)| sum.saturating_add(*rows));
            writeln!(out, "communications: {} tables, {rows} rows, the same on both sides", tables.len())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The database of communications at an address; none if there is none.
async fn communications(url: &str) -> anyhow::Result<Option<Communications>> {
    match Communications::open_existing(url).await {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NoDatabase { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Copies communications. Returns their tables with numbers of rows.
async fn copy_apart(from: &Communications, to: &str) -> anyhow::Result<Vec<(String, u64)>> {
    let mut progress =
        Progress::bar(1, "{human_pos} of {human_len} rows of communications, {per_sec}").delayed();
    Ok(from.copy_to(to, &mut |done, total| progress.set(done, total)).await?)
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
