//! The configuration of an off-policy estimate, as TOML or JSON.
//!
//! | key | is | without it |
//! |---|---|---|
//! | `action` | column with the action that was drawn | required |
//! | `propensity` | column with the probability it was drawn with | required |
//! | `outcome` | column with what came of it | required |
//! | `target` | the policy to judge | required |
//! | `member` | column that names who the decision was about | each decision is a member of its own |
//! | `features` | columns that the model of the doubly robust value sees | it sees the action only |
//! | `categorical` | features that are texts though they look like numbers | none |
//! | `seed` | start of all that is drawn | 1 |
//! | `threads` | how many threads train; it changes no byte | 1 |

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::input::config::known;
use crate::input::table::file_name;
use crate::refused::{Refused, nearest, refuse};

const KEYS: [&str; 9] =
    ["action", "propensity", "outcome", "target", "member", "features", "categorical", "seed", "threads"];

/// Largest configuration file, in bytes.
const MOST_BYTES: usize = 1 << 20;

const MOST_THREADS: u32 = 64;

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub(super) action: String,
    pub(super) propensity: String,
    pub(super) outcome: String,
    pub(super) target: Wanted,
    pub(super) member: Option<String>,
    #[serde(default)]
    pub(super) features: Vec<String>,
    #[serde(default)]
    pub(super) categorical: Vec<String>,
    #[serde(default = "one")]
    pub(super) seed: u64,
    #[serde(default = "one_thread")]
    pub(super) threads: u32,
}

/// The policy to judge.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wanted {
    Uniform,
    Always(String),
    Column(String),
    Probability(String),
}

fn one() -> u64 {
    1
}

fn one_thread() -> u32 {
    1
}

impl Config {
    /// # Errors
    ///
    /// Not to be read; unknown keys; values of another kind; numbers out of range.
    pub(super) fn read(path: &Path) -> Result<Self, Refused> {
        let file = file_name(path);
        let bytes = fs::read(path)
            .map_err(|error| Refused(format!("{}: cannot be read: {error}", path.display())))?;
        if bytes.len() > MOST_BYTES {
            refuse!("{file}: a configuration has at most {MOST_BYTES} bytes; was the log given instead?");
        }
        let wrong = |error: &dyn std::fmt::Display| Refused(format!("{file}: {error}"));
        let value: Value = if file.ends_with(".json") {
            serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?
        } else {
            let text = std::str::from_utf8(&bytes).map_err(|error| wrong(&error))?;
            toml::from_str(text).map_err(|error| wrong(&error))?
        };
        known(&file, "", &value, &KEYS)?;
        if let Some(target) = value.get("target")
            && serde_json::from_value::<Wanted>(target.clone()).is_err()
        {
            refuse!(
                "{file}, `target`: {target} is no policy; write \"uniform\", {{ always = \"an action\" }}, {{ column = \
                 \"a column\" }} or {{ probability = \"a column\" }}"
            );
        }
        let config: Self = serde_json::from_value(value).map_err(|error| wrong(&error))?;
        config.check(&file)?;
        Ok(config)
    }

    fn check(&self, file: &str) -> Result<(), Refused> {
        let roles = [(&self.propensity, "propensity"), (&self.outcome, "outcome"), (&self.action, "action")];
        for (name, role) in roles {
            if self.features.contains(name) {
                refuse!(
                    "{file}, `features`: \"{name}\" is the {role}, which a model must not see as a feature"
                );
            }
        }
        if let Some(name) = self.categorical.iter().find(|name| !self.features.contains(name)) {
            let near = nearest(name, self.features.iter().map(String::as_str));
            refuse!("{file}, `categorical`: \"{name}\" is not among the features{near}");
        }
        if self.threads == 0 || self.threads > MOST_THREADS {
            refuse!("{file}, `threads`: {} threads; between 1 and {MOST_THREADS}", self.threads);
        }
        Ok(())
    }

    /// The columns to read, each once.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns = vec![self.action.clone(), self.propensity.clone(), self.outcome.clone()];
        let of_target = match &self.target {
            Wanted::Column(name) | Wanted::Probability(name) => Some(name),
            Wanted::Uniform | Wanted::Always(_) => None,
        };
        for name in self.member.iter().chain(of_target).chain(&self.features) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        columns
    }

    /// The policy to judge, in words.
    pub(super) fn policy(&self) -> String {
        match &self.target {
            Wanted::Uniform => "every action equally often".to_owned(),
            Wanted::Always(action) => format!("always \"{action}\""),
            Wanted::Column(name) => format!("the action in column \"{name}\""),
            Wanted::Probability(name) => format!("probabilities in column \"{name}\""),
        }
    }
}
