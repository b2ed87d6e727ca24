//! `offer-host backtest`: prices sold purchases with a candidate, from the database and without a server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use app::backtests::{self, Backtest, PlanComparison, Progress, Report};
use app::calculation::{self, CalculationThreads};
use app::config::Config;
use app::error::Error;
use app::live::source::Source;
use app::mechanics::registry::Registry;
use serde_json::{Map, Value, json};
use store::Store;
use toolkit::progress;
use toolkit::warnings::Strictness;
use wire::{backtest, json};

use super::opening::DatabaseArgs;

/// Arguments of `offer-host backtest`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The candidate: JSON with `mechanics`, `offers`, `stop` and `priorities`, all optional.
    #[arg(long, value_name = "FILE")]
    candidate: PathBuf,
    /// How many of the last confirmed purchases to price; 10,000 by default.
    #[arg(long, value_name = "N")]
    last: Option<i64>,
    /// Only receipts from this time on: RFC 3339.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only receipts before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Only receipts of this point of sale and those below it; may be given several times.
    #[arg(long, value_name = "POS")]
    pos: Vec<String>,
    /// Also write the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the report as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    strictness: Strictness,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = request(args)?;
    let report = args
        .database
        .with_store(async |store, config| report(store, config, &request, args.strictness).await)?;
    if let Some(file) = &args.json {
        write_file(file, &format!("{:#}\n", serde_json::to_value(&report)?))?;
    }
    if let Some(file) = &args.html {
        write_file(file, &backtests::page(&report)?)?;
    }
    write!(std::io::stdout().lock(), "{}", backtests::text(&report))?;
    Ok(ExitCode::SUCCESS)
}

/// The body of `POST /v1/backtests` that these arguments mean. Fails if the candidate is not JSON.
fn request(args: &Args) -> anyhow::Result<Value> {
    let file = &args.candidate;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let candidate = json::parse(&text).with_context(|| file.display().to_string())?;
    let given = [
        ("last", args.last.map(Value::from)),
        ("from", args.from.clone().map(Value::from)),
        ("to", args.to.clone().map(Value::from)),
        ("pos", Some(args.pos.clone()).filter(|pos| !pos.is_empty()).map(Value::from)),
    ];
    let purchases: Map<String, Value> =
        given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Ok(json!({"candidate": candidate, "purchases": purchases}))
}

async fn report(
    store: &Store,
    config: &Config,
    request: &Value,
    strictness: Strictness,
) -> anyhow::Result<Report> {
    let wanted = backtest::parse(request)?;
    let threads = calculation::count(config.pricing.threads);
    let (gates, cache) = (config.rollout.gates(), config.code_cache());
    let start = move || Registry::start(threads, gates, cache.as_ref());
    let registry = tokio::task::spawn_blocking(start).await??;
    let source = Source { store, registry: &registry };
    let live = source.live_at(store.plan_revision().await?, None).await?;
    let comparison = PlanComparison::build(source, &live, &wanted.edits).await.map_err(with_problems)?;
    strictness.tell(&comparison.warnings)?.refuse("nothing was priced")?;
    let purchases = backtests::select(store, &wanted.purchases).await.map_err(with_problems)?;
    let count = u64::try_from(purchases.len())?;
    let mut bar = progress::Progress::bar(count, "{human_pos} of {human_len} receipts, {per_sec}");
    let mut show = |progress: Progress| bar.set(u64::try_from(progress.done).unwrap_or(u64::MAX), count);
    let threads = CalculationThreads::start(threads, config.pricing.queue)?;
    let longest_outage = Duration::from_secs(config.nodes.outage_seconds);
    let backtest = Backtest { comparison, selection: wanted.purchases, purchases, longest_outage };
    backtest.run(store, &threads, &mut show).await.map_err(with_problems)
}

/// The error, with its problems one a line.
fn with_problems(error: Error) -> anyhow::Error {
    let problems: Vec<String> =
        error.problems().into_iter().flatten().map(|problem| format!("\n{problem}")).collect();
    anyhow::anyhow!("{error}{}", problems.concat())
}

fn write_file(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
