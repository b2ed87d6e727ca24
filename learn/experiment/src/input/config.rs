//! The configuration of an experiment, as TOML or JSON.
//!
//! | key | is | without it |
//! |---|---|---|
//! | `treatment` | column that names the arm of each row | required |
//! | `control` | the arm that gets nothing | required |
//! | `outcome` | column with the number that counts: 0 or 1, or an amount | required |
//! | `features` | columns that models may see; all known before the treatment | required |
//! | `name` | what the report calls the experiment | file name of the data |
//! | `arms` | the arms to judge beside the control; rows of others are left out | all |
//! | `id` | column that names a row, once each | number of the row, from 1 |
//! | `member` | column that names who the row is about; a member's rows stay together | the row itself |
//! | `drawn` | `member`: all rows of a member have one arm; `row`: each row was drawn on its own | `member`, with `propensity_columns` `row` |
//! | `categorical` | features that are texts though they look like numbers | none |
//! | `trusted` | features that may tell the outcome almost perfectly | none |
//! | `cost` | table: cost per row of an arm, in units of the outcome | 0 |
//! | `budget` | most mean cost per row | none |
//! | `propensity` | table: probability with which each arm was drawn, control too | shares of the arms |
//! | `propensity_columns` | table: column with the probability of each arm in each row, control too, instead of `propensity` | none |
//! | `rule` | table: features that are `recency`, `frequency`, `monetary`; a rule of thumb that competes | none |
//! | `seed` | start of all that is drawn | 1 |
//! | `threads` | how many threads train; it changes no byte | 1 |
//! | `trees` | table: `trees`, `depth`, `least_rows`, `rate`, `ridge` | 40 for outcomes, 30 for effects; 2; 200; 0.08; 10 |
//! | `gate` | table: `delta`, how much worse than `previous` a model may be; `previous`, a `champion.json` | 0, none |

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use trees::Options;

use super::table::file_name;
use crate::refused::{Refused, nearest, refuse};

const KEYS: [&str; 20] = [
    "name",
    "treatment",
    "control",
    "outcome",
    "features",
    "arms",
    "id",
    "member",
    "drawn",
    "categorical",
    "trusted",
    "cost",
    "budget",
    "propensity",
    "propensity_columns",
    "rule",
    "seed",
    "threads",
    "trees",
    "gate",
];
const TREE_KEYS: [&str; 5] = ["trees", "depth", "least_rows", "rate", "ridge"];
const GATE_KEYS: [&str; 2] = ["delta", "previous"];
const RULE_KEYS: [&str; 3] = ["recency", "frequency", "monetary"];

/// Largest configuration file, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// Most threads that train.
const MOST_THREADS: u32 = 64;

/// How trees of outcomes are grown if nothing is set: small, slow and few, since effects are weak beside the
/// noise of outcomes. On halves of two real experiments this found more of the extra outcome than trees that are
/// more (60 to 150) or deeper (3), with the learners S and T; for effects fewer trees still did.
const USUAL: Options = Options {
    trees: 40,
    depth: 2,
    least_rows: 200,
    rate_millionths: 80_000,
    ridge: 10,
    least_gain: 0,
    threads: 1,
};

#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub name: Option<String>,
    pub treatment: String,
    pub control: String,
    pub outcome: String,
    pub features: Vec<String>,
    #[serde(default)]
    pub arms: Vec<String>,
    pub id: Option<String>,
    pub member: Option<String>,
    pub drawn: Option<Drawn>,
    #[serde(default)]
    pub categorical: Vec<String>,
    #[serde(default)]
    pub trusted: Vec<String>,
    #[serde(default)]
    pub cost: BTreeMap<String, f64>,
    pub budget: Option<f64>,
    #[serde(default)]
    pub propensity: BTreeMap<String, f64>,
    /// By arm the column with its probability in each row, where these differ by row.
    #[serde(default)]
    pub propensity_columns: BTreeMap<String, String>,
    pub rule: Option<RuleSettings>,
    #[serde(default = "one")]
    pub seed: u64,
    #[serde(default)]
    pub threads: Option<u32>,
    #[serde(default)]
    pub trees: TreeSettings,
    #[serde(default)]
    pub gate: GateSettings,
}

/// What was drawn at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    Member,
    Row,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct TreeSettings {
    pub trees: Option<u32>,
    pub depth: Option<u32>,
    pub least_rows: Option<u32>,
    /// Learning rate, above 0 and at most 1.
    pub rate: Option<f64>,
    pub ridge: Option<u32>,
}

impl TreeSettings {
    /// What is not set stays as it is.
    fn options(&self, usual: Options) -> Options {
        let rate = self.rate.and_then(|rate| format!("{:.0}", rate * 1e6).parse().ok());
        Options {
            trees: self.trees.unwrap_or(usual.trees),
            depth: self.depth.unwrap_or(usual.depth),
            least_rows: self.least_rows.unwrap_or(usual.least_rows),
            rate_millionths: rate.unwrap_or(usual.rate_millionths),
            ridge: self.ridge.unwrap_or(usual.ridge),
            ..usual
        }
    }
}

/// Features of the rule of thumb.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RuleSettings {
    pub recency: Option<String>,
    pub frequency: Option<String>,
    pub monetary: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct GateSettings {
    #[serde(default)]
    pub delta: f64,
    pub previous: Option<PathBuf>,
}

fn one() -> u64 {
    1
}

impl Config {
    /// Reads a file; one that ends in `.json` is JSON, any other TOML. Also its bytes, for the manifest.
    ///
    /// # Errors
    ///
    /// Not to be read; unknown keys; values of another kind; numbers out of range.
    pub fn read(path: &Path) -> Result<(Self, Vec<u8>), Refused> {
        let file = file_name(path);
        let bytes = fs::read(path)
            .map_err(|error| Refused(format!("{}: cannot be read: {error}", path.display())))?;
        if bytes.len() > MOST_BYTES {
            refuse!("{file}: a configuration has at most {MOST_BYTES} bytes; was the data given instead?");
        }
        let mut config = Self::parse(&file, &bytes)?;
        if let Some(previous) = config.gate.previous.take() {
            config.gate.previous = Some(path.parent().unwrap_or(Path::new("")).join(previous));
        }
        Ok((config, bytes))
    }

    fn parse(file: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let wrong = |error: &dyn std::fmt::Display| Refused(format!("{file}: {error}"));
        let value: Value = if file.ends_with(".json") {
            serde_json::from_slice(bytes).map_err(|error| wrong(&error))?
        } else {
            let text = std::str::from_utf8(bytes).map_err(|error| wrong(&error))?;
            toml::from_str(text).map_err(|error| wrong(&error))?
        };
        known(file, "", &value, &KEYS)?;
        let tables = [("trees", TREE_KEYS.as_slice()), ("gate", &GATE_KEYS), ("rule", &RULE_KEYS)];
        for (table, keys) in tables {
            if let Some(value) = value.get(table) {
                known(file, table, value, keys)?;
            }
        }
        for table in ["cost", "propensity", "trees", "gate"] {
            let values = value.get(table).and_then(Value::as_object).into_iter().flatten();
            if let Some((key, _)) = values.into_iter().find(|(_, value)| value.is_null()) {
                refuse!("{file}, `{table}` of \"{key}\": is not a finite number");
            }
        }
        let config: Self = serde_json::from_value(value).map_err(|error| wrong(&error))?;
        config.check(file)?;
        Ok(config)
    }

    /// What can be said without the data.
    fn check(&self, file: &str) -> Result<(), Refused> {
        if self.features.is_empty() {
            refuse!("{file}, `features`: name at least one column");
        }
        self.check_roles(file)?;
        for (key, names) in [("categorical", &self.categorical), ("trusted", &self.trusted)] {
            if let Some(name) = names.iter().find(|name| !self.features.contains(name)) {
                let near = nearest(name, self.features.iter().map(String::as_str));
                refuse!("{file}, `{key}`: \"{name}\" is not among the features{near}");
            }
        }
        for (arm, cost) in &self.cost {
            if !cost.is_finite() {
                refuse!("{file}, `cost` of \"{arm}\": {cost} is not a number");
            }
        }
        if self.cost.get(&self.control).is_some_and(|cost| *cost != 0.0) {
            refuse!("{file}, `cost` of \"{}\": the control arm gets nothing, so it costs 0", self.control);
        }
        if let Some(budget) = self.budget
            && !(budget.is_finite() && budget > 0.0)
        {
            refuse!(
                "{file}, `budget`: {budget} buys nothing; it must be above 0 (the mean cost per row), or be left out"
            );
        }
        self.check_propensities(file)?;
        self.check_numbers(file)
    }

    /// A column has one role, but that `member` and `id` may be the same.
    fn check_roles(&self, file: &str) -> Result<(), Refused> {
        let roles = [
            ("treatment", Some(&self.treatment)),
            ("outcome", Some(&self.outcome)),
            ("id", self.id.as_ref()),
            ("member", self.member.as_ref()),
        ];
        for (role, column) in roles.iter().filter_map(|(role, column)| column.map(|column| (role, column))) {
            if self.features.contains(column) {
                refuse!("{file}, `features`: \"{column}\" is the {role}; a model must not see it");
            }
        }
        if self.treatment == self.outcome {
            refuse!("{file}: treatment and outcome are the same column, \"{}\"", self.outcome);
        }
        for (at, name) in self.features.iter().enumerate() {
            if self.features.iter().take(at).any(|other| other == name) {
                refuse!("{file}, `features`: \"{name}\" is there twice");
            }
        }
        Ok(())
    }

    fn check_propensities(&self, file: &str) -> Result<(), Refused> {
        if !self.propensity.is_empty() && !self.propensity_columns.is_empty() {
            refuse!("{file}: give `propensity` or `propensity_columns`, not both");
        }
        if let Some(column) = self.propensity_columns.values().find(|column| self.features.contains(column)) {
            refuse!("{file}, `features`: \"{column}\" is a propensity; a model must not see it");
        }
        if self.propensity.is_empty() {
            return Ok(());
        }
        for (arm, chance) in &self.propensity {
            if !(*chance > 0.0 && *chance < 1.0) {
                refuse!("{file}, `propensity` of \"{arm}\": {chance} is no probability between 0 and 1");
            }
        }
        let sum: f64 = self.propensity.values().sum();
        if (sum - 1.0).abs() > 0.001 {
            refuse!("{file}, `propensity`: the probabilities of all arms must add up to 1, and are {sum}");
        }
        Ok(())
    }

    fn check_numbers(&self, file: &str) -> Result<(), Refused> {
        if let Some(rate) = self.trees.rate
            && !(rate > 0.0 && rate <= 1.0)
        {
            refuse!("{file}, `trees.rate`: {rate} is not above 0 and at most 1");
        }
        if !(self.gate.delta.is_finite() && self.gate.delta >= 0.0) {
            refuse!("{file}, `gate.delta`: {} must be 0 or more", self.gate.delta);
        }
        if self.threads.is_some_and(|threads| !(1..=MOST_THREADS).contains(&threads)) {
            refuse!("{file}, `threads`: from 1 to {MOST_THREADS}");
        }
        Ok(())
    }

    /// How trees of outcomes are grown.
    pub fn outcome_trees(&self, threads: u32) -> Options {
        self.trees.options(Options { threads, ..USUAL })
    }

    /// How trees of effects are grown, whose targets are far noisier: fewer.
    pub fn effect_trees(&self, threads: u32) -> Options {
        self.trees.options(Options { trees: 30, threads, ..USUAL })
    }

    /// Whether all rows of a member must have the same arm.
    pub fn members_were_drawn(&self) -> bool {
        match self.drawn {
            Some(drawn) => drawn == Drawn::Member,
            None => self.propensity_columns.is_empty(),
        }
    }

    /// Every column that is read, each once.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = vec![self.treatment.clone(), self.outcome.clone()];
        let others = self.id.iter().chain(&self.member).chain(self.propensity_columns.values());
        for name in others.chain(&self.features) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        columns
    }
}

/// Refuses keys that mean nothing.
pub fn known(file: &str, table: &str, value: &Value, keys: &[&str]) -> Result<(), Refused> {
    let Some(object) = value.as_object() else {
        refuse!("{file}: {} must be a table of keys", if table.is_empty() { "the file" } else { table });
    };
    if let Some(key) = object.keys().find(|key| !keys.contains(&key.as_str())) {
        let near = nearest(key, keys.iter().copied());
        let place = if table.is_empty() { String::new() } else { format!(" in `{table}`") };
        refuse!("{file}: unknown key \"{key}\"{place}{near}");
    }
    Ok(())
}
