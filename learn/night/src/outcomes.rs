//! The third stage: what came of earlier assignments, over all who were assigned (intention to treat).
//!
//! Writes `experiment.csv`, a row for each member and assignment with the features of then, `experiment.json` for the
//! competition, `drift.json`, and `uplift.json`, the last assignment against the host's control group.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use experiment::champion::{self, Champion};
use experiment::output::{Files, json};
use features::member_code;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::bought::{Bought, Days, Margins, Sums, bought};
use crate::config::{Config, MILLION, NOBODY};
use crate::days::day;
use crate::drifted::{Realised, drift};
use crate::feed::Feed;
use crate::ingest::{Ingested, MARGINS};
use crate::log::{self, ASSIGNMENTS, Assigned};
use crate::members::millionth;
use crate::state::{Run, Stage, State};
use crate::tonight::FEATURES;
use crate::uplift::uplift;

pub(crate) const EXPERIMENT: &str = "experiment.csv";
pub(crate) const JUDGED_BY: &str = "experiment.json";
pub(crate) const DRIFT: &str = "drift.json";
pub(crate) const UPLIFT: &str = "uplift.json";
pub(crate) const LEARNED: &str = "learned.json";

/// Columns of `experiment.csv` that are no features.
const OWN: [&str; 3] = ["member", "arm", "outcome"];

/// Draws the sample of members where there are too many rows.
const SAMPLE: u64 = 0x7361_6d70_6c65_0001;

/// Whether there is anything to judge.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Learned {
    /// Rows by arm, nobody first.
    pub(crate) rows: Vec<u64>,
    /// Why no models compete tonight.
    pub(crate) waits: Option<String>,
    /// Assignments that could not be used, and why.
    pub(crate) left_out: Vec<String>,
}

/// An earlier assignment with its outcomes.
struct Past {
    run: Run,
    assigned: Vec<Assigned>,
    sums: BTreeMap<i64, Sums>,
}

impl Past {
    fn sums(&self, member: &str) -> Sums {
        self.sums.get(&member_code(member)).copied().unwrap_or_default()
    }
}

pub(crate) fn outcomes(config: &Config, state: &State, run: &Run, ingested: &Ingested) -> anyhow::Result<()> {
    let arms = config.arm_names();
    let mut left_out = Vec::new();
    let past = read(config, state, run, ingested, &arms, &mut left_out)?;
    let heading = heading(run)?;
    let mut rows = Rows::new(config, &arms, &heading, &past);
    for one in &past {
        if self::heading(&one.run)? != heading {
            left_out.push(format!("{}: its features are other ones than tonight's", one.run.name));
            continue;
        }
        rows.add(config, one)?;
    }
    let waits = waits(config, &past, &rows);
    let mut files = Files::default();
    if let Some(last) = past.last() {
        let reached = last.assigned.iter().filter(|row| row.uploaded != NOBODY);
        let compared = uplift(reached.map(|row| (row.group == "control", last.sums(&row.member))));
        files.add(UPLIFT, json(&compared)?);
        let tonight = run.file(Stage::Features, FEATURES);
        let then = last.run.file(Stage::Features, FEATURES);
        let alike = self::heading(&last.run)? == heading;
        let features = alike.then_some((then.as_path(), tonight.as_path()));
        files.add(DRIFT, json(&drift(&realised(config, last), features, config.seed)?)?);
    }
    let previous = previous(run, state, ingested, &arms, &rows)?;
    if waits.is_none() {
        files.add(JUDGED_BY, json(&rows.judged_by(config, &arms, previous.is_some()))?);
        files.add(EXPERIMENT, rows.finish()?);
        if let Some(bytes) = previous {
            files.add(champion::NAME, bytes);
        }
    }
    files.add(LEARNED, json(&Learned { rows: rows_by_arm(&past, &arms), waits, left_out })?);
    run.write(Stage::Outcomes, &files)
}

/// The features of a run.
fn reader(run: &Run) -> anyhow::Result<csv::Reader<std::fs::File>> {
    let path = run.file(Stage::Features, FEATURES);
    csv::Reader::from_path(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Names of their columns.
fn heading(run: &Run) -> anyhow::Result<Vec<String>> {
    Ok(reader(run)?.headers()?.iter().map(str::to_owned).collect())
}

fn read(
    config: &Config,
    state: &State,
    run: &Run,
    ingested: &Ingested,
    arms: &[String],
    left_out: &mut Vec<String>,
) -> anyhow::Result<Vec<Past>> {
    let mut stretches = Vec::new();
    for entry in &ingested.learned_from {
        stretches.push(Days { first: day(&entry.start)?, last: day(&entry.end)? });
    }
    let path = run.file(Stage::Ingest, MARGINS);
    let margins = if path.exists() { Some(Margins::read(&path)?) } else { None };
    let feed = Feed::open(&state.root.join("feed"))?;
    let all: Bought = bought(config, &feed, &ingested.segments, &stretches, margins.as_ref())?;
    let mut past = Vec::new();
    for (entry, sums) in ingested.learned_from.iter().zip(all) {
        let of = state.run(&entry.run);
        let (found, assigned) = log::read(&of.file(Stage::Assign, ASSIGNMENTS))?;
        if found != arms {
            left_out.push(format!("{}: it had the arms {}", entry.run, found.join(", ")));
            continue;
        }
        past.push(Past { run: of, assigned, sums });
    }
    Ok(past)
}

fn rows_by_arm(past: &[Past], arms: &[String]) -> Vec<u64> {
    let count =
        |arm: &String| past.iter().flat_map(|past| &past.assigned).filter(|row| row.arm == *arm).count();
    arms.iter().map(|arm| u64::try_from(count(arm)).unwrap_or(u64::MAX)).collect()
}

/// Why models cannot compete yet.
fn waits(config: &Config, past: &[Past], rows: &Rows<'_>) -> Option<String> {
    if past.is_empty() {
        return Some("no assignment is over yet".to_owned());
    }
    let least = u64::from(config.competition.least_rows_of_arm);
    let few = config.arm_names().into_iter().zip(&rows.counts).find(|(_, count)| **count < least);
    few.map(|(arm, count)| {
        format!("{count} rows of the arm \"{arm}\" are fewer than `competition.least_rows_of_arm`, {least}")
    })
}

/// The champion so far, if it can compete with these arms and columns.
fn previous(
    run: &Run,
    state: &State,
    ingested: &Ingested,
    arms: &[String],
    rows: &Rows<'_>,
) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(before) = &ingested.before else { return Ok(None) };
    let path = state.run(&before.run).file(Stage::Compete, champion::NAME);
    if before.run == run.name || !path.exists() {
        return Ok(None);
    }
    let (champion, bytes) = Champion::read(&path)?;
    let known = champion.columns.iter().all(|plan| rows.features().any(|name| name == plan.column()));
    Ok((champion.arms == arms && known).then_some(bytes))
}

/// By member of the last assignment what the champion was to bring over nobody after cost, and an unbiased estimate of what it
/// brought: outcomes weighted by inverse propensity (Horvitz and Thompson 1952).
fn realised(config: &Config, last: &Past) -> Vec<Realised> {
    let arms = config.arm_names();
    let place = |name: &str| arms.iter().position(|arm| arm == name);
    let mut all = Vec::new();
    for row in last.assigned.iter().filter(|row| row.champion_arm != NOBODY && !row.champion_arm.is_empty()) {
        let chance = |arm: usize| row.chances.get(arm).copied().unwrap_or_default();
        let Some((chosen, got)) = place(&row.champion_arm).zip(place(&row.arm)) else { continue };
        if chance(0) == 0 || chance(chosen) == 0 {
            continue;
        }
        let outcome = last.sums(&row.member).outcome_millionths(config.outcome.metric);
        let weighted = |arm: usize| if got == arm { real(outcome) / f64::from(chance(arm)) } else { 0.0 };
        all.push(Realised {
            cluster: member_code(&row.member).cast_unsigned(),
            predicted: real(row.champion_effect) / f64::from(MILLION),
            gain: weighted(chosen)
                - weighted(0)
                - config.competition.cost.get(&row.champion_arm).copied().unwrap_or(0.0),
        });
    }
    all
}

/// Millionths as a float.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from i64 to f64")]
fn real(value: i64) -> f64 {
    value as f64
}

/// The rows of `experiment.csv`.
struct Rows<'a> {
    writer: csv::Writer<Vec<u8>>,
    heading: &'a [String],
    arms: &'a [String],
    /// Columns that models may see, and whether any row has a value.
    filled: Vec<(String, bool)>,
    counts: Vec<u64>,
    /// Of 1,000,000 members those that are taken.
    share: u32,
    begun: bool,
}

impl<'a> Rows<'a> {
    fn new(config: &Config, arms: &'a [String], heading: &'a [String], past: &[Past]) -> Self {
        let all: u64 = past.iter().map(|past| u64::try_from(past.assigned.len()).unwrap_or(u64::MAX)).sum();
        let share = u64::from(config.competition.most_rows) * u64::from(MILLION) / all.max(1);
        let seen = heading
            .iter()
            .filter(|name| !OWN.contains(&name.as_str()) && !config.features.forbidden.contains(name));
        Self {
            writer: csv::Writer::from_writer(Vec::new()),
            heading,
            arms,
            filled: seen.map(|name| (name.clone(), false)).collect(),
            counts: vec![0; arms.len()],
            share: u32::try_from(share).unwrap_or(MILLION).min(MILLION),
            begun: false,
        }
    }

    /// Columns that models may see and that have a value in some row.
    fn features(&self) -> impl Iterator<Item = &str> {
        self.filled.iter().filter(|(_, filled)| *filled).map(|(name, _)| name.as_str())
    }

    fn add(&mut self, config: &Config, past: &Past) -> anyhow::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            let chances = self.arms.iter().map(|arm| log::column(arm));
            let names = self.filled.iter().map(|(name, _)| name.clone());
            self.writer.write_record(OWN.map(str::to_owned).into_iter().chain(chances).chain(names))?;
        }
        let mut features = reader(&past.run)?;
        let mut records = features.records();
        for row in &past.assigned {
            let record = records.next().context("features and assignments have other members")??;
            if record.get(0) != Some(row.member.as_str()) {
                bail!("{}: features and assignments are not of the same members", past.run.name);
            }
            // What was certain teaches nothing.
            let certain = row.chances.iter().any(|chance| *chance == 0 || *chance >= MILLION);
            if certain || millionth(&row.member, config.seed ^ SAMPLE) >= self.share {
                continue;
            }
            self.row(config, past, row, &record)?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        config: &Config,
        past: &Past,
        row: &Assigned,
        record: &csv::StringRecord,
    ) -> anyhow::Result<()> {
        let place = self.arms.iter().position(|arm| *arm == row.arm);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
        let outcome = past.sums(&row.member).outcome(config.outcome.metric);
        let chances = row.chances.iter().map(|chance| crate::bought::decimal(i64::from(*chance), 6));
        let mut fields: Vec<String> =
            [row.member.clone(), row.arm.clone(), outcome].into_iter().chain(chances).collect();
        let mut seen = self.filled.iter_mut();
        for (name, value) in self.heading.iter().zip(record) {
            if OWN.contains(&name.as_str()) || config.features.forbidden.contains(name) {
                continue;
            }
            if let Some((_, filled)) = seen.next() {
                *filled |= !value.trim().is_empty();
            }
            fields.push(value.to_owned());
        }
        Ok(self.writer.write_record(&fields)?)
    }

    fn judged_by(&self, config: &Config, arms: &[String], previous: bool) -> serde_json::Value {
        let chances: BTreeMap<&String, String> = arms.iter().map(|arm| (arm, log::column(arm))).collect();
        let mut gate = json!({"delta": config.competition.delta});
        if previous && let Some(gate) = gate.as_object_mut() {
            gate.insert("previous".to_owned(), json!(champion::NAME));
        }
        json!({
            "name": config.offer.external_id,
            "treatment": "arm",
            "control": NOBODY,
            "outcome": "outcome",
            "member": "member",
            "arms": arms.iter().skip(1).collect::<Vec<_>>(),
            "features": self.features().collect::<Vec<_>>(),
            "propensity_columns": chances,
            "cost": config.competition.cost,
            "trees": config.competition.trees,
            "gate": gate,
            "seed": config.seed,
        })
    }

    fn finish(self) -> anyhow::Result<Vec<u8>> {
        Ok(self.writer.into_inner()?)
    }
}
