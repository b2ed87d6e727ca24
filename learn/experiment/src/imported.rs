//! Models that were trained elsewhere, as a champion.
//!
//! | key | is | without it |
//! |---|---|---|
//! | `control` | the arm that gets nothing | required |
//! | `effects` | table: for each other arm a model of what it brings over the control | see below |
//! | `outcomes` | table: for the control and each other arm a model of the outcome; effects are differences | see below |
//! | `title` | name for people | `imported model` |
//! | `cost` | table: cost per row of an arm, in units of the outcome | 0 |
//! | `digits` | table: how many decimals the numbers of a column have | 0 |
//! | `categories` | table: texts of a column, in the order of their codes 0, 1, 2, … | the column is a number |
//!
//! Either `effects` or `outcomes` names LightGBM text models; their paths are relative to the file. What a model may
//! be is said in [`trees::lightgbm`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use causal::{EffectForest, Stored};
use serde::Deserialize;
use serde_json::Value;
use trees::{Feature, Forest, lightgbm, unify};

use crate::champion::Champion;
use crate::input::config::known;
use crate::input::number::MOST_DIGITS;
use crate::input::plan::{ColumnPlan, MOST_CATEGORIES};
use crate::input::table::file_name;
use crate::refused::{Refused, nearest, refuse};

const KEYS: [&str; 7] = ["control", "effects", "outcomes", "title", "cost", "digits", "categories"];

/// Largest configuration file, in bytes.
const MOST_CONFIG: u64 = 1 << 20;

/// Largest model file, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Units of a score in 1.0 of the outcome, from fine to coarse: the finest is taken with which all leaves fit.
const SCALES: [u32; 9] = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

#[derive(Deserialize)]
struct Config {
    control: String,
    #[serde(default)]
    effects: BTreeMap<String, PathBuf>,
    #[serde(default)]
    outcomes: BTreeMap<String, PathBuf>,
    #[serde(default = "title")]
    title: String,
    #[serde(default)]
    cost: BTreeMap<String, f64>,
    #[serde(default)]
    digits: BTreeMap<String, u32>,
    #[serde(default)]
    categories: BTreeMap<String, Vec<String>>,
}

fn title() -> String {
    "imported model".to_owned()
}

/// Reads the configuration (TOML, or JSON if its name ends in .json) and the models that it names.
///
/// # Errors
///
/// A file that cannot be read, a key that means nothing, a model that cannot be taken over.
pub fn import(path: &Path) -> Result<Champion, Refused> {
    let file = file_name(path);
    let config = Config::read(path, &file)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let (models, with_control) =
        if config.effects.is_empty() { (&config.outcomes, true) } else { (&config.effects, false) };
    let treated: Vec<&String> = models.keys().filter(|arm| **arm != config.control).collect();
    let order = with_control.then_some(&config.control).into_iter().chain(treated.iter().copied());
    let read = |arm: &String| -> Result<(Forest, u32), Refused> {
        match models.get(arm) {
            Some(model) => config.forest(&folder.join(model)),
            None => refuse!("{file}, `outcomes`: there is no model of the control \"{arm}\""),
        }
    };
    let (forests, scales): (Vec<Forest>, Vec<u32>) =
        order.map(read).collect::<Result<Vec<_>, Refused>>()?.into_iter().unzip();
    let forests = unify(&forests).map_err(|error| {
        Refused(format!("{file}: the models do not go together: {error}; train with a smaller max_bin"))
    })?;
    let features: Vec<Feature> = forests.first().map(|forest| forest.features().to_vec()).unwrap_or_default();
    let columns = config.columns(&features, &file)?;
    let forests = forests.into_iter().zip(scales);
    let forests: Vec<EffectForest> =
        forests.map(|(forest, scale)| EffectForest { forest, scale: scale.into() }).collect();
    let stored = if with_control { Stored::of_outcomes(forests) } else { Stored::of_effects(forests) };
    let stored = stored.map_err(|error| Refused(format!("{file}: {error}")))?;
    let arms: Vec<String> = std::iter::once(&config.control).chain(treated).cloned().collect();
    let costs: Vec<f64> = arms.iter().map(|arm| config.cost.get(arm).copied().unwrap_or(0.0)).collect();
    Ok(Champion::imported(stored, &config.title, (&arms, &costs), &columns, &features))
}

impl Config {
    fn read(path: &Path, file: &str) -> Result<Self, Refused> {
        let text = text(path, MOST_CONFIG)?;
        let wrong = |error: &dyn std::fmt::Display| Refused(format!("{file}: {error}"));
        let value: Value = if file.ends_with(".json") {
            serde_json::from_str(&text).map_err(|error| wrong(&error))?
        } else {
            toml::from_str(&text).map_err(|error| wrong(&error))?
        };
        known(file, "", &value, &KEYS)?;
        let config: Self = serde_json::from_value(value).map_err(|error| wrong(&error))?;
        config.check(file)?;
        Ok(config)
    }

    fn check(&self, file: &str) -> Result<(), Refused> {
        if self.effects.is_empty() == self.outcomes.is_empty() {
            refuse!("{file}: name the models either under `effects` or under `outcomes`");
        }
        if self.effects.contains_key(&self.control) {
            refuse!("{file}, `effects`: \"{}\" is the control, over which effects are", self.control);
        }
        let arms = || self.effects.keys().chain(self.outcomes.keys());
        if arms().all(|arm| *arm == self.control) {
            refuse!("{file}: there is no arm but the control");
        }
        if let Some(arm) = self.cost.keys().find(|arm| !arms().any(|known| known == *arm)) {
            refuse!(
                "{file}, `cost`: there is no model of \"{arm}\"{}",
                nearest(arm, arms().map(String::as_str))
            );
        }
        if let Some((arm, cost)) = self.cost.iter().find(|(_, cost)| !cost.is_finite()) {
            refuse!("{file}, `cost` of \"{arm}\": {cost} is not a number");
        }
        if self.cost.get(&self.control).is_some_and(|cost| *cost != 0.0) {
            refuse!("{file}, `cost` of \"{}\": the control arm gets nothing, so it costs 0", self.control);
        }
        if let Some((column, digits)) = self.digits.iter().find(|(_, digits)| **digits > MOST_DIGITS) {
            refuse!("{file}, `digits` of \"{column}\": {digits}; at most {MOST_DIGITS}");
        }
        for (column, texts) in &self.categories {
            let different: BTreeSet<&String> = texts.iter().collect();
            if different.len() != texts.len() || texts.is_empty() || texts.len() > MOST_CATEGORIES {
                refuse!(
                    "{file}, `categories` of \"{column}\": between 1 and {MOST_CATEGORIES} texts, each once"
                );
            }
            if self.digits.contains_key(column) {
                refuse!("{file}, `digits`: \"{column}\" has categories, so it is no number");
            }
        }
        Ok(())
    }

    /// A model, and the units of its scores in 1.0.
    fn forest(&self, path: &Path) -> Result<(Forest, u32), Refused> {
        let text = text(path, MOST_BYTES)?;
        let digits = |name: &str| self.digits.get(name).copied().unwrap_or(0);
        let mut said = String::new();
        for scale in SCALES {
            match lightgbm::import_scaled(&text, scale, &digits) {
                Ok(forest) => return Ok((forest, scale)),
                Err(error) => said = error.to_string(),
            }
        }
        refuse!("{}: {said}", file_name(path))
    }

    /// How the columns of a file become the features.
    fn columns(&self, features: &[Feature], file: &str) -> Result<Vec<ColumnPlan>, Refused> {
        let names = || features.iter().map(|feature| feature.name.as_str());
        for (key, column) in self
            .digits
            .keys()
            .map(|column| ("digits", column))
            .chain(self.categories.keys().map(|column| ("categories", column)))
        {
            if !names().any(|name| name == column) {
                refuse!("{file}, `{key}`: no model has the feature \"{column}\"{}", nearest(column, names()));
            }
        }
        let plan = |name: &str| match self.categories.get(name) {
            Some(categories) => {
                ColumnPlan::Ordered { column: name.to_owned(), categories: categories.clone() }
            }
            None => ColumnPlan::Numbers {
                column: name.to_owned(),
                digits: self.digits.get(name).copied().unwrap_or(0),
            },
        };
        Ok(names().map(plan).collect())
    }
}

/// A file as text.
fn text(path: &Path, most: u64) -> Result<String, Refused> {
    let unreadable = |error: std::io::Error| Refused(format!("{}: cannot be read: {error}", path.display()));
    if fs::metadata(path).map_err(unreadable)?.len() > most {
        refuse!("{}: has more than {most} bytes", path.display());
    }
    fs::read_to_string(path).map_err(unreadable)
}
