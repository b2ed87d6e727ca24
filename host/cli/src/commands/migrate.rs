//! `offer-host migrate`: brings the schema of the database up to date, or back.

use std::path::PathBuf;
use std::process::ExitCode;

use app::config::Config;
use store::Store;

/// Arguments of `offer-host migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The settings file of `serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go back instead: revert every migration newer than this one; 0 reverts all, with the data.
    #[arg(long, value_name = "VERSION")]
    revert_to: Option<i64>,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref())?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(&config.database.url).await?;
        match args.revert_to {
            Some(version) => {
                // A host that is serving would lose tables under its feet.
                store.claim()?;
                store.revert_to(version).await?;
            }
            None => store.migrate().await?,
        }
        store.close().await;
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
