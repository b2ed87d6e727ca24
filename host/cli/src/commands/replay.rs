//! `offer-host replay`: prices purchases again, from the database or from a bundle, and compares the answers.

mod stored;
mod tally;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use app::calculation::CalculationThreads;
use app::replay::bundle::Bundle;

use super::opening::DatabaseArgs;
use stored::Stored;
use tally::Tally;

/// The most purchases that are under way at once.
const IN_FLIGHT: usize = 64;

/// Arguments of `offer-host replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The till's ids of purchases
    #[arg(value_name = "ID", required_unless_present_any = ["last", "bundle"])]
    #[arg(conflicts_with_all = ["last", "bundle"])]
    ids: Vec<String>,
    /// The store or till that sold them, if several have purchases of these ids
    #[arg(long, value_name = "STORE_OR_TILL", requires = "ids")]
    pos: Option<String>,
    /// The purchases that were calculated last
    #[arg(long, value_name = "N", conflicts_with = "bundle")]
    last: Option<u32>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Write a bundle: all that is needed to replay them elsewhere; the buyers are masked
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    export: Option<PathBuf>,
    /// Replay the purchases of a bundle, without server and database
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command: prints a line for each purchase that differs, and a summary.
///
/// The status is 1 if any purchase differs, and 2 if some could not be worked out again.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.database.settings()?;
    let threads = CalculationThreads::start(config.pricing.threads, IN_FLIGHT)?;
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(file) = &args.bundle {
        let tally = runtime.block_on(async {
            let bundle = Bundle::read(file).with_context(|| format!("cannot use {}", file.display()))?;
            let bench = bundle.open(config.rollout.gates()).await?;
            Tally::of(bench.len(), args.json, bench.replay_all(threads, IN_FLIGHT)).await
        })?;
        return tally.end();
    }
    let tally = runtime.block_on(async {
        let stored = Stored::open(&config, threads, args.pos).await?;
        let ids = match args.last {
            Some(last) => stored.last(i64::from(last)).await?,
            None => args.ids,
        };
        let tally = match &args.export {
            Some(file) => export(&stored, ids, (file, args.json)).await,
            None => Tally::of(ids.len(), args.json, stored.replay_all(ids, IN_FLIGHT)).await,
        };
        stored.close().await;
        tally
    })?;
    tally.end()
}

async fn export(stored: &Stored, ids: Vec<String>, (file, json): (&PathBuf, bool)) -> anyhow::Result<Tally> {
    let (bundle, outcomes) = stored.export(ids).await?;
    let text = bundle.write()?;
    let mut out = std::fs::File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    out.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    let count = outcomes.len();
    Tally::of(count, json, futures_util::stream::iter(outcomes)).await
}
