//! `offer-host backup`: writes the whole database into one file, while hosts serve.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use store::BackedUp;
use toolkit::progress::Progress;

use super::opening::DatabaseArgs;

/// Arguments of `offer-host backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file to write. It is there once it is whole.
    file: PathBuf,
    /// Take the place of a file that is there already.
    #[arg(long)]
    overwrite: bool,
    /// Back it up although its last changes may be missing.
    #[arg(long)]
    accept_problems: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::bar(1, "{percent} %").delayed();
    let mut show = |done: u64, total: u64| progress.set(done, total);
    let made = args.database.with_store(async |store, _| {
        // The backup has no mark any more: it would pass for a whole one.
        if let Some(loss) = store.lasting_loss().await? {
            ensure!(
                args.accept_problems,
                "nothing was written (--accept-problems backs it up as it is): {loss}"
            );
            writeln!(std::io::stderr(), "warning: {loss}")?;
        }
        Ok(store.back_up(&args.file, args.overwrite, &mut show).await?)
    })?;
    drop(progress);
    let BackedUp { bytes, schema, revision, audit } = made;
    writeln!(
        std::io::stdout(),
        "{}: {bytes} bytes, schema {schema}, revision {revision}, audit log up to {}:{}",
        args.file.display(),
        audit.number,
        audit.hash
    )?;
    Ok(ExitCode::SUCCESS)
}
