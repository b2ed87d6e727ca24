//! The sixth stage: the run in words, `summary.md`, and in digests, `manifest.json`.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context as _;
use experiment::manifest::digest;
use experiment::output::{Files, json};
use serde::{Deserialize, Serialize};

use crate::assigned::{SPEND, Spend};
use crate::bought::decimal;
use crate::competed::{CHOSEN, Chosen};
use crate::drifted::Drift;
use crate::ingest::Ingested;
use crate::outcomes::{DRIFT, LEARNED, Learned, UPLIFT};
use crate::state::{Run, Stage};
use crate::uplift::{Estimate, Side, Uplift};

pub(crate) const SUMMARY: &str = "summary.md";
pub(crate) const MANIFEST: &str = "manifest.json";

/// Stages whose files are in the manifest.
pub(crate) const STAGES: [Stage; 5] =
    [Stage::Ingest, Stage::Features, Stage::Outcomes, Stage::Compete, Stage::Assign];

/// Every file of a run, so that it can be done again and compared.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) run: String,
    /// Version of the program.
    pub(crate) version: String,
    pub(crate) files: Vec<Digested>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Digested {
    pub(crate) file: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

pub(crate) fn report(run: &Run, ingested: &Ingested) -> anyhow::Result<()> {
    let mut files = Files::default();
    files.add(SUMMARY, summary(run, ingested)?.into_bytes());
    files.add(MANIFEST, json(&manifest(run)?)?);
    run.write(Stage::Report, &files)
}

/// Digests of what lies in a run's folder now.
pub(crate) fn manifest(run: &Run) -> anyhow::Result<Manifest> {
    let mut files = Vec::new();
    for stage in STAGES {
        let folder = run.folder.join(stage.folder());
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let size = u64::try_from(bytes.len())?;
            files.push(Digested {
                file: format!("{}/{name}", stage.folder()),
                bytes: size,
                sha256: digest(&bytes),
            });
        }
    }
    Ok(Manifest { run: run.name.clone(), version: env!("CARGO_PKG_VERSION").to_owned(), files })
}

fn summary(run: &Run, ingested: &Ingested) -> anyhow::Result<String> {
    let chosen: Chosen = run.json(Stage::Compete, CHOSEN)?;
    let spend: Spend = run.json(Stage::Assign, SPEND)?;
    let learned: Learned = run.json(Stage::Outcomes, LEARNED)?;
    let mut text = format!("# Run {}\n\n{}\n\n", run.name, chosen.sentence);
    writeln!(text, "It holds from {} to {}.", ingested.start, ingested.end)?;
    let champion = chosen.champion.as_deref().unwrap_or("arms at random");
    let challenger = chosen.challenger.as_deref().unwrap_or("none");
    writeln!(text, "Champion: {champion}. Challenger: {challenger}.\n")?;
    writeln!(text, "| arm | members |\n|---|---:|")?;
    spend.arms.iter().try_for_each(|(arm, members)| writeln!(text, "| {arm} | {members} |"))?;
    writeln!(text, "\n| group | members |\n|---|---:|")?;
    spend.groups.iter().try_for_each(|(group, members)| writeln!(text, "| {group} | {members} |"))?;
    if let Some(budget) = spend.budget {
        writeln!(
            text,
            "\nExpected cost {} of a budget of {}.",
            decimal(spend.expected, 2),
            decimal(budget, 2)
        )?;
    }
    spend.note.iter().try_for_each(|note| writeln!(text, "\n{note}"))?;
    learned.left_out.iter().try_for_each(|left_out| writeln!(text, "\nNot learned from {left_out}."))?;
    if run.file(Stage::Outcomes, UPLIFT).exists() {
        compared(&mut text, &run.json(Stage::Outcomes, UPLIFT)?)?;
    }
    if run.file(Stage::Outcomes, DRIFT).exists() {
        let drift: Drift = run.json(Stage::Outcomes, DRIFT)?;
        writeln!(text, "\n## Drift\n")?;
        drift.warnings.iter().try_for_each(|warning| writeln!(text, "- {warning}"))?;
        if drift.warnings.is_empty() {
            writeln!(text, "None that is seen.")?;
        }
    }
    Ok(text)
}

fn compared(text: &mut String, uplift: &Uplift) -> anyhow::Result<()> {
    writeln!(text, "\n## The last assignment against the control group\n")?;
    writeln!(text, "| | members | buyers | receipts | revenue |\n|---|---:|---:|---:|---:|")?;
    for (name, side) in [("with the offer", &uplift.treated), ("control group", &uplift.control)] {
        let Side { members, buyers, receipts, revenue, .. } = side;
        writeln!(text, "| {name} | {members} | {buyers} | {receipts} | {revenue} |")?;
    }
    let told = |name: &str, estimate: &Option<Estimate>| {
        estimate.map(|Estimate { value, low, high }| format!("{name} {value:.2} ({low:.2} to {high:.2})"))
    };
    writeln!(text, "\nDiscount of the offer: {}.", uplift.cost)?;
    let estimates = [told("Extra revenue before it:", &uplift.extra_revenue), told("net:", &uplift.net)];
    let estimates: Vec<String> = estimates.into_iter().flatten().collect();
    if !estimates.is_empty() {
        writeln!(text, "{}.", estimates.join("; "))?;
    }
    Ok(())
}
