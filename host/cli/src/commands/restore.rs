//! `offer-host restore`: puts a backup in the place of the database, once it is checked.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use store::{Restoring, RestoringCommunications, StoreError};
use toolkit::progress::Progress;

use super::audit;
use super::opening::DatabaseArgs;

/// The most places of the ledger that are printed.
const MISMATCHES_SHOWN: usize = 20;

/// Arguments of `offer-host restore`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file that `offer-host backup` wrote.
    file: PathBuf,
    /// Replace a database that has data. An embedded one is kept under another name, rows of PostgreSQL are removed.
    #[arg(long)]
    overwrite: bool,
    /// Restore it although its ledger does not add up, its audit log is broken, or its last changes may be missing.
    #[arg(long)]
    accept_problems: bool,
    /// Check the file and change nothing.
    #[arg(long, conflicts_with = "overwrite")]
    check: bool,
    /// Put this backup of the database of communications back too; what was there is kept under another name.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    communications: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    if args.check {
        return runtime.block_on(check(args));
    }
    let config = args.database.settings()?;
    let url = config.communications.options(config.database.options()).url;
    runtime.block_on(async {
        let communications = match &args.communications {
            Some(file) => Some(RestoringCommunications::begin(file, &url).await?),
            None => None,
        };
        let restored = restore(args, &config.database.url).await?;
        if let Some(communications) = communications {
            put_in_place(communications)?;
        }
        Ok(restored)
    })
}

fn put_in_place(communications: RestoringCommunications) -> anyhow::Result<()> {
    let kept = communications.finish()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "restored: communications")?;
    if let Some(kept) = kept {
        writeln!(out, "those before it are {}; remove it when it is not needed", kept.display())?;
    }
    Ok(())
}

async fn check(args: &Args) -> anyhow::Result<ExitCode> {
    let restoring = Restoring::look(&args.file).await?;
    let problems = problems(&restoring).await;
    restoring.give_up().await;
    let is_whole = tell(args, &problems?)?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn restore(args: &Args, url: &str) -> anyhow::Result<ExitCode> {
    let restoring =
        Restoring::begin(&args.file, url, args.overwrite).await.map_err(|error| match &error {
            StoreError::Occupied { .. } => anyhow!("{error}; --overwrite replaces it"),
            _ => error.into(),
        })?;
    let is_whole = match problems(&restoring).await.and_then(|problems| tell(args, &problems)) {
        Ok(is_whole) => is_whole,
        Err(error) => {
            restoring.give_up().await;
            return Err(error);
        }
    };
    if !is_whole && !args.accept_problems {
        restoring.give_up().await;
        bail!("nothing was changed; --accept-problems restores the file as it is");
    }
    let schema = restoring.schema();
    let mut progress = Progress::bar(1, "{percent} %").delayed();
    let restored =
        restoring.finish(args.accept_problems, &mut |done, total| progress.set(done, total)).await?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    writeln!(out, "restored: {}", restored.place)?;
    if let Some(kept) = restored.kept {
        writeln!(out, "the database before it is {}; remove it when it is not needed", kept.display())?;
    }
    if schema < store::latest_migration() {
        writeln!(out, "its schema was brought from {schema} to {}", store::latest_migration())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The contents of a backup, and its problems.
struct Found {
    summary: String,
    problems: Vec<String>,
}

async fn problems(restoring: &Restoring) -> anyhow::Result<Found> {
    let store = restoring.store();
    let mut problems: Vec<String> = restoring.loss().map(ToString::to_string).into_iter().collect();
    let audited = match audit::walk(store, None).await? {
        Ok(head) => format!("{} audit records, head {}:{}", head.number, head.number, head.hash),
        Err(broken) => {
            problems.push(format!("the audit log is broken: {broken}"));
            "a broken audit log".to_owned()
        }
    };
    let schema = restoring.schema();
    let applied = store.applied_migrations().await?;
    let ledger = if applied.iter().any(|migration| migration.version == store::latest_migration()) {
        let mismatches = store.verify(store.now().await?).await?;
        problems.extend(mismatches.iter().take(MISMATCHES_SHOWN).map(ToString::to_string));
        if mismatches.is_empty() {
            "the ledger adds up"
        } else {
            problems.push(format!("{} places where the ledger does not add up", mismatches.len()));
            "a ledger that does not add up"
        }
    } else {
        "a ledger that is checked once its schema is brought up to date"
    };
    let revision = store.revision().await?;
    Ok(Found { summary: format!("schema {schema}, revision {revision}, {audited}, {ledger}"), problems })
}

/// Prints what was found; true if nothing is wrong.
fn tell(args: &Args, found: &Found) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}: {}", args.file.display(), found.summary)?;
    for problem in &found.problems {
        writeln!(out, "problem: {problem}")?;
    }
    Ok(found.problems.is_empty())
}
