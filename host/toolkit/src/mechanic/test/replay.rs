//! `--replay`: prices sold purchases with the component in place of the version that priced them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use app::replay::bundle::{Bundle, CandidateVersion};
use app::replay::candidate::CandidateRun;
use domain::decimal;
use serde::Serialize;
use wire::rollout::Gates;

use super::run::TestHost;
use super::{Args, UNUSABLE};
use crate::mechanic::{formatting, read};

/// Digits after the point; enough for any currency.
const PLACES: u32 = 6;

/// Counts over all purchases.
#[derive(Debug, Default, Serialize)]
struct Summary {
    purchases: usize,
    /// Purchases on which the candidate was called.
    asked: usize,
    /// Purchases whose answers differ.
    changed: usize,
    /// Purchases on which the candidate failed.
    faults: usize,
    not_replayed: usize,
    /// The most fuel of one purchase.
    fuel_max: u64,
    /// Sums by currency and name of the total: as answered then, and as priced now.
    totals: BTreeMap<String, (String, String)>,
}

/// Runs the command.
pub(super) fn run(args: &Args, file: &Path) -> anyhow::Result<ExitCode> {
    let Some(host) = TestHost::admit(&args.file, args.class, args.json)? else {
        return Ok(ExitCode::FAILURE);
    };
    let tested = &host.tested;
    let candidate = CandidateVersion {
        name: tested.name.clone(),
        version: tested.version.clone(),
        digest: tested.digest.clone(),
        class: tested.class.to_owned(),
        file: read(&args.file)?,
    };
    let bundle = Bundle::read(file).with_context(|| format!("cannot use {}", file.display()))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let opened = runtime.block_on(bundle.open_with(Gates::default(), candidate))?;
    let (mut summary, mut purchases) = (Summary::default(), Vec::new());
    for (id, run) in opened.price_with_candidate() {
        summary.purchases = summary.purchases.saturating_add(1);
        match run {
            Ok(run) => {
                summary.note(&run);
                purchases.push(run);
            }
            Err(error) => {
                summary.not_replayed = summary.not_replayed.saturating_add(1);
                eprintln!("{id}: {error}");
            }
        }
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(
            out,
            "{}",
            serde_json::json!({"mechanic": tested, "summary": summary, "purchases": purchases})
        )?;
    } else {
        print(&mut out, &summary, &purchases)?;
    }
    let differs = summary.changed > 0 && !args.allow_differences;
    Ok(match summary.not_replayed {
        _ if summary.faults > 0 || differs => ExitCode::FAILURE,
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(UNUSABLE),
    })
}

impl Summary {
    fn note(&mut self, run: &CandidateRun) {
        let count = |number: &mut usize, yes: bool| *number = number.saturating_add(usize::from(yes));
        count(&mut self.asked, run.asked);
        count(&mut self.changed, !run.lines.is_empty());
        count(&mut self.faults, !run.faults.is_empty());
        self.fuel_max = self.fuel_max.max(run.fuel);
        for (name, (then, now)) in &run.totals {
            let sum = self.totals.entry(format!("{} {name}", run.currency)).or_default();
            sum.0 = plus(&sum.0, then);
            sum.1 = plus(&sum.1, now);
        }
    }
}

/// The sum of two decimals, with the digits of the second.
fn plus(sum: &str, more: &str) -> String {
    let number = |text: &str| decimal::parse_scaled(text, PLACES).unwrap_or(0);
    let places = more.split_once('.').map_or(0, |(_, digits)| u32::try_from(digits.len()).unwrap_or(PLACES));
    let scale = 10_i64.pow(PLACES.saturating_sub(places));
    let sum = number(sum).saturating_add(number(more));
    decimal::format_scaled(sum.checked_div(scale).unwrap_or(sum), places)
}

fn print(
    out: &mut impl std::io::Write,
    summary: &Summary,
    purchases: &[CandidateRun],
) -> std::io::Result<()> {
    for run in purchases {
        for line in &run.lines {
            let (id, position) = (&run.purchase_id, line.position);
            let change = |name, (then, now): &(String, String)| {
                (then != now).then(|| format!(" {name} answered {then}, now {now}"))
            };
            let changes = [change("discount", &line.discount), change("points", &line.points)];
            let changes: Vec<String> = changes.into_iter().flatten().collect();
            writeln!(out, "{id}: line {position}:{}", changes.join(";"))?;
        }
        for (outcome, detail) in &run.faults {
            writeln!(out, "{}: FAILED {outcome}: {detail}", run.purchase_id)?;
        }
    }
    for (name, (then, now)) in &summary.totals {
        writeln!(out, "{name}: answered {then}, now {now}")?;
    }
    let Summary { purchases, asked, changed, faults, not_replayed, fuel_max, .. } = summary;
    writeln!(
        out,
        "{purchases} purchases, called on {asked}, {changed} differ, {faults} faults, {not_replayed} could not be \
         replayed, at most {} fuel",
        formatting::grouped(fuel_max)
    )
}
