//! `allocate`: who gets which level under a budget.

mod candidates;
mod cap;

use std::path::{Path, PathBuf};

use allocate::{Limits, Plan, Settings, Source as _};
use anyhow::Context as _;
use serde_json::json;

use crate::output::{Files, json, say};
use crate::refused::refuse;
use candidates::Candidates;
use cap::Wish;

/// Find who gets which level, so that the sum of gains is as large as a budget allows.
///
/// Example:
///   offer-host-learn allocate candidates.csv --budget 5000000 --cap category:dairy:members=20000 \
///     --out assignments.csv
///
/// candidates.csv has a row for each level that a member may get: member, level, cost (whole minor units; below
/// 0 if it brings money in) and gain (a whole number, in any unit that is the same for all). Writes member and
/// level of those who get something, and beside it a summary in JSON; both or none.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// CSV file (UTF-8, commas, a heading; packed with gzip or not).
    candidates: PathBuf,
    /// The largest sum of costs, in minor units.
    #[arg(long, allow_negative_numbers = true)]
    budget: i64,
    /// A limit beside the budget, at most 16: category:NAME, brand:NAME or all, then :members, :spend or
    /// :contacts, then =LIMIT. The file then needs a column category, brand or contacts.
    #[arg(long = "cap", value_name = "CAP")]
    caps: Vec<String>,
    /// Decides whose turn it is among equals.
    #[arg(long, default_value_t = 0)]
    salt: u64,
    /// The most threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// CSV file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wishes = arguments.caps.iter().map(|cap| Wish::parse(cap)).collect::<Result<Vec<_>, _>>()?;
    let Some(name) = arguments.out.file_name().and_then(|name| name.to_str()) else {
        refuse!("--out {}: a file to write is needed, not a folder", arguments.out.display());
    };
    let candidates = Candidates::read(&arguments.candidates, &wishes)?;
    let caps = wishes.iter().map(|wish| candidates.cap(wish)).collect::<Result<Vec<_>, _>>()?;
    let limits = Limits { budget: arguments.budget, caps };
    let settings = Settings { threads: arguments.threads, salt: arguments.salt, ..Settings::default() };
    let plan = allocate::allocate(&candidates.table, &limits, &settings)
        .map_err(|error| candidates.refusal(&error))?;
    let mut files = Files::default();
    files.add(&format!("{name}.summary.json"), json(&summary(&plan, &limits))?);
    files.add(name, assignments(&candidates, &plan)?);
    let folder = arguments.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    files.write(folder.unwrap_or_else(|| Path::new(".")))?;
    let found = plan.summary();
    say(&format!(
        "{} of {} members get something: it costs {} of {} and brings {}; no plan could bring more than {}.",
        found.assigned, found.members, found.spend, limits.budget, found.gain, found.bound
    ))
}

fn assignments(candidates: &Candidates, plan: &Plan) -> anyhow::Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(["member", "level"])?;
    let mut chooser = plan.chooser();
    let mut lines = Vec::new();
    for part in 0..candidates.table.parts() {
        candidates.table.visit(part, &mut |member| {
            if let Some(choice) = chooser.choose(&member) {
                lines.push((candidates.member(member.key), candidates.level(choice.level)));
            }
            Ok(())
        })?;
    }
    lines.sort_unstable();
    for (member, level) in lines {
        rows.write_record([member, level])?;
    }
    rows.into_inner().context("the assignments cannot be put together")
}

fn summary(plan: &Plan, limits: &Limits) -> serde_json::Value {
    let found = plan.summary();
    let mut prices = found.prices_millionths.iter().map(ToString::to_string);
    let lambda = prices.next();
    let caps = limits.caps.iter().zip(&found.used).zip(prices).map(|((cap, used), price)| {
        json!({"cap": cap.name, "limit": cap.limit, "used": used, "price_millionths": price})
    });
    json!({
        "members": found.members,
        "assigned": found.assigned,
        "budget": limits.budget,
        "spend": found.spend,
        "gain": found.gain,
        "bound": found.bound,
        "lambda_millionths": lambda,
        "caps": caps.collect::<Vec<_>>(),
    })
}
