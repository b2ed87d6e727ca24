//! `offer-host backtest`: what a candidate would have done, over the database and without a server.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use app::backtests::{self, Backtest, PlanComparison, Progress, Report};
use app::calculation::{self, CalculationThreads};
use app::config::Config;
use app::error::Error;
use app::live::source::Source;
use app::mechanics::registry::Registry;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};
use store::Store;
use wire::{backtest, json};

/// What `offer-host backtest` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What would be other than it is: JSON with `mechanics`, `offers`, `stop` and `priorities`.
    #[arg(long, value_name = "FILE")]
    candidate: PathBuf,
    /// So many of the last confirmed purchases; 10,000 if absent.
    #[arg(long, value_name = "N")]
    last: Option<i64>,
    /// Only receipts of this time or later: RFC 3339.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only receipts before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Also write the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the report as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The settings of `serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref())?;
    let request = request(args)?;
    let report = tokio::runtime::Runtime::new()?.block_on(report(&config, &request))?;
    if let Some(file) = &args.json {
        write_file(file, &format!("{:#}\n", serde_json::to_value(&report)?))?;
    }
    if let Some(file) = &args.html {
        write_file(file, &backtests::page(&report)?)?;
    }
    write!(std::io::stdout().lock(), "{}", backtests::text(&report))?;
    Ok(ExitCode::SUCCESS)
}

/// The body that a server would get.
fn request(args: &Args) -> anyhow::Result<Value> {
    let file = &args.candidate;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let candidate = json::parse(&text).with_context(|| file.display().to_string())?;
    let given = [
        ("last", args.last.map(Value::from)),
        ("from", args.from.clone().map(Value::from)),
        ("to", args.to.clone().map(Value::from)),
    ];
    let purchases: Map<String, Value> =
        given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Ok(json!({"candidate": candidate, "purchases": purchases}))
}

async fn report(config: &Config, request: &Value) -> anyhow::Result<Report> {
    let wanted = backtest::parse(request)?;
    let store = Store::open(&config.database.url).await.context("cannot open the database")?;
    let threads = calculation::count(config.pricing.threads);
    let (gates, cache) = (config.rollout.gates(), config.code_cache());
    let start = move || Registry::start(threads, gates, cache.as_deref());
    let registry = tokio::task::spawn_blocking(start).await??;
    let source = Source { store: &store, registry: &registry };
    let live = source.live_at(store.plan_revision().await?, None).await?;
    let comparison = PlanComparison::build(source, &live, &wanted.edits).await.map_err(told)?;
    let purchases = backtests::select(&store, wanted.purchases).await.map_err(told)?;
    let bar = bar(purchases.len())?;
    let mut show = |progress: Progress| {
        bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
    };
    let threads = CalculationThreads::start(threads, config.pricing.queue)?;
    let report = Backtest { comparison, purchases }.run(&store, &threads, &mut show).await.map_err(told)?;
    bar.finish_and_clear();
    store.close().await;
    Ok(report)
}

/// With all that is wrong, one line each.
fn told(error: Error) -> anyhow::Error {
    let problems: Vec<String> = error.problems().iter().map(|problem| format!("\n{problem}")).collect();
    anyhow::anyhow!("{error}{}", problems.concat())
}

fn bar(receipts: usize) -> anyhow::Result<ProgressBar> {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = "{bar:40} {human_pos} of {human_len} receipts, {per_sec}, {eta} left";
    let bar = ProgressBar::with_draw_target(Some(u64::try_from(receipts)?), target);
    Ok(bar.with_style(ProgressStyle::with_template(style)?))
}

fn write_file(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
