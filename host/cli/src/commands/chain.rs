//! `offer-host chain`: checks a chain of messages, simulates it over recorded events, and takes the steps of a run again.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use app::communications::chains::offline::{
    self, Asked, Chain, Limits, Recording, from_database, from_lines, quiet_hours,
};
use app::communications::chains::replay::{Replayed, replay};
use app::report::aligned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use store::Communications;
use toolkit::progress::Progress;

use super::opening::DatabaseArgs;

/// Exit status when the chain cannot be used.
const UNUSABLE_CHAIN: u8 = 2;

/// Arguments of `offer-host chain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check a chain: every problem with its place, and what to do. Exits with 2 if there is one.
    Check {
        /// The chain's document.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Take recorded members through a chain by a clock that jumps, and say what would have been done. Sends nothing.
    Simulate(SimulateArgs),
    /// Take the steps of a run again with what they read, and compare the bytes. Exits with 1 if a step differs.
    Replay {
        /// Number of the run.
        #[arg(value_name = "RUN")]
        run: i64,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Debug, clap::Args)]
struct SimulateArgs {
    /// The chain's document.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The first moment: RFC 3339, or a day in UTC. Events before it only count as earlier ones.
    #[arg(long, value_name = "TIME", value_parser = since)]
    from: i64,
    /// The moment after the last; a day in UTC counts as a whole.
    #[arg(long, value_name = "TIME", value_parser = until)]
    to: i64,
    /// Events, one a line, as POST /v1/events takes them. A line without a kind may say `zone` and `attributes` of a
    /// member.
    #[arg(long, value_name = "FILE", required_unless_present = "from_database")]
    events: Option<PathBuf>,
    /// The events of the database of communications instead of a file.
    #[arg(long = "database", conflicts_with = "events")]
    from_database: bool,
    /// Days after an entry in which a purchase is one that would have been made anyway.
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    window: u16,
    /// Hours in which nothing is sent, on the member's clock.
    #[arg(long, value_name = "21:00-09:00")]
    quiet: Option<String>,
    /// Time zone of members of whom none is known.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    zone: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Check { file } => check(&file),
        Command::Simulate(args) => simulate(&args),
        Command::Replay { run, database } => replay_run(run, &database),
    }
}

fn check(file: &Path) -> anyhow::Result<ExitCode> {
    let Some(chain) = read(file)? else { return Ok(ExitCode::from(UNUSABLE_CHAIN)) };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}: {} nodes, no problem, digest {}", file.display(), chain.nodes(), chain.digest())?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a chain; none if it has problems, which are told.
fn read(file: &Path) -> anyhow::Result<Option<Chain>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    match offline::check(&text) {
        Ok(chain) => Ok(Some(chain)),
        Err(problems) => {
            eprintln!("error: the chain {} cannot be used", file.display());
            for problem in problems {
                eprintln!("{problem}");
            }
            Ok(None)
        }
    }
}

fn simulate(args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    let Some(chain) = read(&args.file)? else { return Ok(ExitCode::from(UNUSABLE_CHAIN)) };
    anyhow::ensure!(args.from < args.to, "--to must be after --from");
    let quiet = args.quiet.as_deref().map(quiet_hours).transpose();
    let quiet = quiet.map_err(|wrong| anyhow::anyhow!("--quiet: {wrong}"))?;
    let name = args.file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let asked = Asked {
        chain: name,
        from: args.from,
        to: args.to,
        window_days: args.window,
        quiet,
        zone: args.zone.clone(),
    };
    let recording = recording(args)?;
    let mut counter = Progress::counter().delayed();
    let simulated = offline::simulate(&chain, &asked, &recording, &mut |events| {
        counter.show(format!("{events} of {} events", recording.len()));
    });
    drop(counter);
    write!(std::io::stdout().lock(), "{}", offline::write(&chain, &asked, &simulated))?;
    Ok(ExitCode::SUCCESS)
}

fn recording(args: &SimulateArgs) -> anyhow::Result<Recording> {
    if let Some(file) = &args.events {
        let input = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        let read = from_lines(BufReader::new(input), Limits::default());
        return read.with_context(|| format!("cannot use {}", file.display()));
    }
    with_communications(&args.database, async |database| {
        Ok(from_database(database, args.to, Limits::default()).await?)
    })
}

fn replay_run(run: i64, database: &DatabaseArgs) -> anyhow::Result<ExitCode> {
    let steps = with_communications(database, async |database| Ok(replay(database, run).await?))?;
    let mut out = std::io::stdout().lock();
    let header = ["step", "at", "from", "to", "effects", ""].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(steps.iter().map(row)).collect();
    for line in aligned(&rows, 6) {
        writeln!(out, "{line}")?;
    }
    let differing: Vec<&Replayed> = steps.iter().filter(|step| step.difference.is_some()).collect();
    for step in &differing {
        if let Some((then, now)) = &step.difference {
            writeln!(out, "\nstep {}\n  then {then}\n  now  {now}", step.revision)?;
        }
    }
    writeln!(out, "{} steps, {} differ", steps.len(), differing.len())?;
    Ok(if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn row(step: &Replayed) -> [String; 6] {
    let at = Timestamp::from_millisecond(step.at).map_or_else(|_| step.at.to_string(), |at| at.to_string());
    let same = if step.difference.is_none() { "the same bytes" } else { "DIFFERS" };
    let (from, to) = step.nodes.clone();
    [step.revision.to_string(), at, from, to, step.effects.join(" "), same.to_owned()]
}

/// Does some work with the database of communications, which must be there.
fn with_communications<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(&Communications) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let config = args.settings()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let url = config.communications.options(config.database.options()).url;
        let database = Communications::open_existing(&url).await?;
        // If stderr is closed, it cannot be said.
        let _ = writeln!(std::io::stderr(), "database: {}", database.place());
        let done = work(&database).await;
        database.close().await;
        done
    })
}

fn zone(text: &str) -> Result<String, String> {
    match TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a time zone, such as Europe/Moscow".to_owned()),
    }
}

fn since(text: &str) -> Result<i64, String> {
    time(text, 0)
}

fn until(text: &str) -> Result<i64, String> {
    time(text, 1)
}

/// Milliseconds since 1970 of a time, or of the start in UTC of the day that is `days_after` days after the given one.
fn time(text: &str, days_after: i64) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let start = |date: Date| date.checked_add(days_after.days())?.to_zoned(TimeZone::UTC);
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-22".len());
    let start = day.and_then(|date| start(date).ok());
    start.map(|start| start.timestamp().as_millisecond()).ok_or_else(|| {
        "must be a time such as 2026-11-22T10:15:00+03:00, or a day such as 2026-11-22".to_owned()
    })
}
