//! The files that an experiment is judged from.

use std::path::PathBuf;

/// What an experiment is judged from.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// CSV file: a row per member of the experiment.
    pub data: PathBuf,
    /// What the columns are.
    pub config: PathBuf,
    /// CSV file with the same features, whose rows are scored too.
    pub score: Option<PathBuf>,
    /// How many threads train, instead of the configuration's number; it changes no byte.
    pub threads: Option<u32>,
}
