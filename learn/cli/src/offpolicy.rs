//! `off-policy`: what another policy would have brought, from a log of decisions.

mod config;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use causal::offpolicy::{Log, MOST_ACTIONS, Target, Value, evaluate, predict};
use trees::{Booster, Options};

use crate::input::encoded;
use crate::input::plan::ColumnPlan;
use crate::input::rows::{members, outcome, wanted};
use crate::input::table::Table;
use crate::refused::{Refused, nearest, refuse};
use config::{Config, Wanted};

/// Say what another policy would have brought, from a log of decisions with their probabilities.
///
/// Example:
///   offer-host-learn off-policy decisions.csv.gz --config off-policy.toml
///
/// with off-policy.toml:
///   action = "item"             # column: what was drawn
///   propensity = "probability"  # column: with which probability it was drawn
///   outcome = "click"           # column: what came of it, 0 or 1 or an amount
///   target = "uniform"          # the policy to judge: any of the four below
///   features = ["age", "city"]  # may be left out; they make the doubly robust value sharper
///
///   target = "uniform"                   every action of the log, equally often
///   target = { always = "coupon" }       always this action
///   target = { column = "new_item" }     the action that this column names in each row
///   target = { probability = "new_p" }   a column: the probability of the logged action
///
/// No value is given if the log says too little about that policy: an effective sample below 500, or more
/// than 2 % of all weight above a weight of 100. The program then ends with code 2 and says how likely every
/// action must be drawn.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// CSV file (UTF-8, commas, a heading; packed with gzip or not): a row per decision.
    log: PathBuf,
    /// What the columns are: TOML, or JSON if its name ends in .json.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Write JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::read(&arguments.config)?;
    let value = judge(&arguments.log, &config)?;
    let text = if arguments.json { text::json(&value) } else { text::text(&value, &config) };
    std::io::stdout().lock().write_all(text.as_bytes()).context("writing the result")
}

fn judge(path: &Path, config: &Config) -> anyhow::Result<Value> {
    let mut table = Table::read(path, &config.columns())?;
    let (log, target) = read(&table, config)?;
    let mut features = Vec::new();
    for name in &config.features {
        let column = table.take_column(name);
        let plan = ColumnPlan::of(&table, &column, config.categorical.contains(name))?;
        features.extend(plan.features(&table, &column)?);
    }
    let cuts = encoded::features(&features);
    let bins = encoded::bins(&cuts, &features)?;
    // The value itself may be refused at once; a model is trained only for a log that carries one.
    evaluate(&log, &target, None).map_err(|error| Refused(error.to_string()))?;
    let trainer = Booster(Options { threads: config.threads, ..Options::default() });
    let model = predict(&log, &target, &bins, &trainer, config.seed)?;
    Ok(evaluate(&log, &target, model.as_ref())?)
}

/// The decisions, and the policy to judge.
fn read(table: &Table, config: &Config) -> Result<(Log, Target), Refused> {
    let logged = wanted(table, &config.action)?;
    if let Some(row) = logged.values().position(str::is_empty) {
        refuse!("{}, column \"{}\": the action is missing", table.at(row), logged.name);
    }
    let chosen = match &config.target {
        Wanted::Column(name) => Some(wanted(table, name)?),
        _ => None,
    };
    if let Some((row, column)) =
        chosen.and_then(|column| Some((column.values().position(str::is_empty)?, column)))
    {
        refuse!("{}, column \"{}\": the action is missing", table.at(row), column.name);
    }
    let names: BTreeSet<&str> =
        logged.values().chain(chosen.into_iter().flat_map(|column| column.values())).collect();
    if names.len() > MOST_ACTIONS {
        refuse!(
            "{}, column \"{}\": {} different actions; at most {MOST_ACTIONS} can be judged, so group the rare ones",
            table.file,
            logged.name,
            names.len()
        );
    }
    let places: BTreeMap<&str, u8> = names.iter().copied().zip(0..).collect();
    let place = |name: &str| places.get(name).copied().unwrap_or_default();
    let target = match &config.target {
        Wanted::Uniform => Target::Uniform,
        Wanted::Always(action) => match places.get(action.as_str()) {
            Some(place) => Target::Always(*place),
            None => refuse!(
                "{}, column \"{}\": no decision was \"{action}\", so nothing is known of it{}",
                table.file,
                logged.name,
                nearest(action, names.iter().copied())
            ),
        },
        Wanted::Column(_) => {
            Target::Chosen(chosen.map(|column| column.values().map(place).collect()).unwrap_or_default())
        }
        Wanted::Probability(name) => Target::Probability(probabilities(table, name, false)?),
    };
    let (outcome, scale) = outcome(table, &config.outcome)?;
    let ids: Vec<String> = (1..=table.lines.len()).map(|row| row.to_string()).collect();
    let log = Log {
        action: logged.values().map(place).collect(),
        actions: names.iter().map(|name| (*name).to_owned()).collect(),
        outcome,
        scale,
        propensity: probabilities(table, &config.propensity, true)?,
        cluster: members(table, config.member.as_deref(), &ids)?,
    };
    Ok((log, target))
}

/// A column of probabilities.
fn probabilities(table: &Table, name: &str, above_zero: bool) -> Result<Vec<f64>, Refused> {
    let column = wanted(table, name)?;
    let (range, advice) = if above_zero {
        ("above 0 and at most 1", "the action was drawn, so log the probability it was drawn with")
    } else {
        ("from 0 to 1", "it is the probability with which the policy takes the logged action")
    };
    let read = |(row, text): (usize, &str)| {
        let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
        match number.filter(|number| *number > 0.0 || !above_zero) {
            Some(number) => Ok(number),
            None => {
                refuse!("{}, column \"{name}\": \"{text}\" is not a number {range}; {advice}", table.at(row))
            }
        }
    };
    column.values().enumerate().map(read).collect()
}
