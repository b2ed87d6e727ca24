//! `offer-host backup`: writes the whole database into one file, while hosts serve.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use app::config::Config;
use store::{BackedUp, Communications};
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
    /// Write the database of communications too, which is a file of its own, into this one.
    #[arg(long, value_name = "FILE")]
    communications: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut progress = Progress::bar(1, "{percent} %").delayed();
    let mut show = |done: u64, total: u64| progress.set(done, total);
    let made = args.database.with_store(async |store, config| {
        // The backup has no mark any more: it would pass for a whole one.
        if let Some(loss) = store.lasting_loss().await? {
            ensure!(
                args.accept_problems,
                "nothing was written (--accept-problems backs it up as it is): {loss}"
            );
            writeln!(std::io::stderr(), "warning: {loss}")?;
        }
        let made = store.back_up(&args.file, args.overwrite, &mut show).await?;
        // After that of the tills: what these have told is read again, and known already.
        let communications = match &args.communications {
            Some(file) => Some((file, back_up_communications(config, file, args.overwrite).await?)),
            None => None,
        };
        Ok((made, communications))
    })?;
    drop(progress);
    let (BackedUp { bytes, schema, revision, audit }, communications) = made;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: {bytes} bytes, schema {schema}, revision {revision}, audit log up to {}:{}",
        args.file.display(),
        audit.number,
        audit.hash
    )?;
    if let Some((file, bytes)) = communications {
        writeln!(out, "{}: {bytes} bytes, communications", file.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn back_up_communications(config: &Config, file: &Path, replace: bool) -> anyhow::Result<u64> {
    let url = config.communications.options(config.database.options()).url;
    let communications = Communications::open_existing(&url).await?;
    let made = communications.back_up(file, replace).await;
    communications.close().await;
    Ok(made?)
}
