//! Settings: the defaults compiled in, then a file, then the environment.

mod checks;
pub mod collect;
pub mod communications;
mod connections;
pub mod contacts;
mod layers;
mod offers;
mod recommendations;
pub mod retention;
mod sections;

use std::fmt;
use std::path::Path;

pub use connections::{Connections, Tls};
pub use offers::Offers;
pub use recommendations::Recommendations;
pub use sections::{
    CodeFolder, Config, Currency, Database, Limits, Log, LogFormat, Points, Pricing, Purchases, Readers,
    Server, SignaturePolicy, TakeBackPolicy, UnverifiedServer,
};

/// The file of default settings, with a comment for each.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Problems of the settings, one text each; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigProblems(pub Vec<String>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the settings cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(formatter, "\n  - {problem}"))
    }
}

impl Config {
    /// Reads the settings of this process: defaults, then the file if one is named, then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigProblems> {
        let text = file
            .map(|path| {
                std::fs::read_to_string(path)
                    .map(|text| (path.display().to_string(), text))
                    .map_err(|error| ConfigProblems(vec![format!("{}: {error}", path.display())]))
            })
            .transpose()?;
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_layers(text.as_ref().map(|(name, text)| (name.as_str(), text.as_str())), environment)
    }

    /// Reads the settings of a file, given by name and text, and of environment variables.
    pub fn from_layers(
        file: Option<(&str, &str)>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigProblems> {
        let mut problems = Vec::new();
        let merged = layers::merge(file, environment, &mut problems);
        let config = match merged.try_into::<Self>() {
            Ok(config) => config,
            Err(error) => {
                problems.push(error.message().to_owned());
                return Err(ConfigProblems(problems));
            }
        };
        problems.extend(config.problems());
        if problems.is_empty() { Ok(config) } else { Err(ConfigProblems(problems)) }
    }
}
