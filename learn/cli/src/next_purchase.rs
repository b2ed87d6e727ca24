//! `next-purchase`: which goods each member most likely buys next.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ::next_purchase::{Columns, Estimate, Evaluation, History, NextPurchaseError, Ranker, Settings, day_of};
use anyhow::Context as _;
use serde_json::{Value, json};
use trees::Options;

use crate::output::{Files, json as document, say};
use crate::progress::Progress;
use crate::refused::{Refused, refuse};

/// Put the goods that each member most likely buys next into an order, and say how good such guesses were.
///
/// Example:
///   offer-host-learn next-purchase receipts.csv.gz --out next
///   curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/x-ndjson" --data-binary \
///     @next/recommendations.ndjson https://loyalty.example/v1/attributes/imports
///
/// receipts.csv has a row for each line of a receipt: receipt, member, at, quantity, and the columns of goods, whose
/// values are the external ids that the host knows. Rows of a receipt stand together. Writes recommendations.ndjson,
/// a row per member for the attribute "recommendations" of a host, and evaluation.json: precision and recall of the
/// guesses for a window that nothing was learned from, beside those of what the member buys most; both files or none.
/// Two runs write the same bytes.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// CSV file (UTF-8, commas, a heading; packed with gzip if its name ends in .gz).
    receipts: PathBuf,
    /// Column that names the good of a line.
    #[arg(long, value_name = "COLUMN", default_value = "category_2")]
    goods: String,
    /// Column that names what the good is one of, or "" for none.
    #[arg(long, value_name = "COLUMN", default_value = "category_1")]
    group: String,
    /// What the host calls such a good.
    #[arg(long, default_value = "category", value_parser = ["product", "category", "group"])]
    kind: String,
    /// The first day that is guessed for; only receipts before it are known. The day after the last receipt, if none
    /// is given.
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
    /// Days in which a good has to be bought.
    #[arg(long, default_value_t = 28)]
    days: u32,
    /// Most goods of a member.
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: u32,
    /// Kind of identifier that the members of the file are known by to the host; "member" is its own id.
    #[arg(long, value_name = "KIND", default_value = "member")]
    identifier_kind: String,
    /// The attribute of members that carries recommendations.
    #[arg(long, default_value = "recommendations")]
    attribute: String,
    /// How many threads train; it changes no byte.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: u32,
    /// Folder to write to; it is made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let progress = Progress::new();
    progress.step("receipts", 0, 3);
    let history = read(arguments)?;
    let settings = Settings {
        horizon: arguments.days,
        guesses: arguments.most,
        trees: Options { threads: arguments.threads, ..Settings::default().trees },
        ..Settings::default()
    };
    let at = at(arguments, &history)?;
    // The window from that day on, if it is over, else the one before.
    let days = i64::from(arguments.days);
    let judged = if history.days().end >= at + days { at } else { at - days };
    progress.step("judging", 1, 3);
    let found =
        ::next_purchase::evaluate(&history, judged, &settings).map_err(|error| refused(arguments, error))?;
    progress.step("ranking", 2, 3);
    let ranker = Ranker::new(&history, at, &settings).map_err(|error| refused(arguments, error))?;
    let mut files = Files::default();
    let (members, rows) = rows(arguments, &ranker)?;
    files.add("recommendations.ndjson", rows);
    files.add("evaluation.json", document(&evaluation(arguments, judged - history.days().start, &found))?);
    files.write(&arguments.out)?;
    drop(progress);
    say(&sentence(members, arguments, &found))
}

fn read(arguments: &Arguments) -> anyhow::Result<History> {
    let path = &arguments.receipts;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => refuse!("{}: cannot be read: {error}", path.display()),
    };
    let packed = path.extension().is_some_and(|end| end == "gz");
    let file: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let group = Some(arguments.group.clone()).filter(|group| !group.is_empty());
    let columns = Columns { good: arguments.goods.clone(), group };
    ::next_purchase::read(file, &columns).map_err(|error| named(path, &error).into())
}

fn named(path: &Path, error: &NextPurchaseError) -> Refused {
    Refused(format!("{}: {error}", path.display()))
}

fn refused(arguments: &Arguments, error: NextPurchaseError) -> anyhow::Error {
    match error {
        NextPurchaseError::Bins(_) | NextPurchaseError::Train(_) => error.into(),
        error => named(&arguments.receipts, &error).into(),
    }
}

/// The first day that is guessed for.
fn at(arguments: &Arguments, history: &History) -> anyhow::Result<i64> {
    let Some(date) = &arguments.at else { return Ok(history.days().end) };
    let day = day_of(date).map_err(|why| Refused(format!("--at: {why}")))?;
    if !history.days().contains(&(day - 1)) {
        refuse!("--at {date}: there are no receipts until the day before");
    }
    Ok(day)
}

/// The number of members, and a row for each.
fn rows(arguments: &Arguments, ranker: &Ranker<'_>) -> anyhow::Result<(usize, Vec<u8>)> {
    let mut members = 0;
    let mut rows = Vec::new();
    for ranked in ranker.members() {
        let good = |guess: &::next_purchase::Guess<'_>| {
            let mut entry = serde_json::Map::new();
            entry.insert(arguments.kind.clone(), guess.good.into());
            entry.insert("chance".to_owned(), guess.chance.into());
            Value::Object(entry)
        };
        let goods: Vec<Value> = ranked.goods.iter().map(good).collect();
        let row = json!({
            "identifier_kind": arguments.identifier_kind,
            "identifier": ranked.member,
            "attribute": arguments.attribute,
            "value": {"goods": goods},
        });
        serde_json::to_writer(&mut rows, &row).context("a row cannot be written")?;
        rows.push(b'\n');
        members += 1;
    }
    Ok((members, rows))
}

fn evaluation(arguments: &Arguments, history_days: i64, found: &Evaluation) -> Value {
    let estimate =
        |estimate: Estimate| json!({"estimate": estimate.mean, "low": estimate.low, "high": estimate.high});
    json!({
        "days": arguments.days,
        "guesses": arguments.most,
        "days_of_receipts_before": history_days,
        "members": found.members,
        "precision": estimate(found.precision),
        "recall": estimate(found.recall),
        "baseline_precision": estimate(found.baseline_precision),
        "baseline_recall": estimate(found.baseline_recall),
        "gained_precision": estimate(found.gained_precision),
        "gained_recall": estimate(found.gained_recall),
    })
}

fn sentence(members: usize, arguments: &Arguments, found: &Evaluation) -> String {
    format!(
        "{members} members are ranked. Of {} guesses for {} days, {:.1} % were right; of what {} members bought, {:.1} % \
         was guessed. What members buy most would have been right {:.1} % and {:.1} %.",
        arguments.most,
        arguments.days,
        100.0 * found.precision.mean,
        found.members,
        100.0 * found.recall.mean,
        100.0 * found.baseline_precision.mean,
        100.0 * found.baseline_recall.mean,
    )
}
