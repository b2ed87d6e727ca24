//! `offer-host report`: reports the effect of offers.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use app::report::uplift::{Progress, Query, Subject, Uplift};
use app::report::{document, page, text};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use toolkit::progress;

use super::opening::DatabaseArgs;

/// Arguments of `offer-host report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compare the members who get an offer with those of its control group, by what they bought while it ran. Changes
    /// nothing.
    Uplift(UpliftArgs),
    /// Compare the members of the universal control group, to whom nothing that advertises is sent, with all others, by what
    /// they bought. Changes nothing.
    ControlGroup(Period),
}

#[derive(Debug, clap::Args)]
struct UpliftArgs {
    /// The offer's external id.
    #[arg(long, value_name = "ID")]
    offer: String,
    #[command(flatten)]
    period: Period,
}

#[derive(Debug, clap::Args)]
struct Period {
    /// Only receipts from this time on: RFC 3339, or a day in UTC.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<i64>,
    /// Only receipts before this time; a day in UTC counts as a whole.
    #[arg(long, value_name = "TIME", value_parser = until)]
    until: Option<i64>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Also write a page with charts.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (offer, args) = match args.command {
        Command::Uplift(UpliftArgs { offer, period }) => (Some(offer), period),
        Command::ControlGroup(period) => (None, period),
    };
    let mut counter = progress::Progress::counter().delayed();
    let uplift = args.database.with_store(async |store, config| {
        let program = || Subject::Program(config.communications.control_group());
        let subject = offer.map_or_else(program, Subject::Offer);
        let query = Query { subject, since: args.since, until: args.until };
        let mut show = |Progress { members, results }| {
            counter.show(format!("{members} members, {results} purchases and returns"));
        };
        Uplift::read(store, query, &mut show).await
    });
    drop(counter);
    let uplift = uplift?;
    if let Some(file) = &args.html {
        std::fs::write(file, page::write(&uplift)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", document::write(&uplift))?;
    } else {
        write!(out, "{}", text::write(&uplift))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn since(text: &str) -> Result<i64, String> {
    time(text, 0)
}

fn until(text: &str) -> Result<i64, String> {
    time(text, 1)
}

/// Seconds since 1970 of a time, or of the start in UTC of the day that is `days_after` days after the given one.
fn time(text: &str, days_after: i64) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let start = |date: Date| date.checked_add(days_after.days())?.to_zoned(TimeZone::UTC);
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-22".len());
    let start = day.and_then(|date| start(date).ok());
    start.map(|start| start.timestamp().as_second()).ok_or_else(|| {
        "must be a time such as 2026-11-22T10:15:00+03:00, or a day such as 2026-11-22".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_as_a_whole() {
        let day = 1_800_000_000 - 1_800_000_000 % 86_400;
        assert_eq!(since("2027-01-15"), Ok(day));
        assert_eq!(until("2027-01-15"), Ok(day + 86_400));
        assert_eq!(since("2027-01-15T11:00:00+03:00"), Ok(1_800_000_000));
        assert_eq!(until("2027-01-15T08:00:00Z"), Ok(1_800_000_000));
        for text in ["", "yesterday", "2027-01-15T08:00:00", "2027-13-01"] {
            assert!(since(text).is_err(), "{text}");
        }
    }
}
