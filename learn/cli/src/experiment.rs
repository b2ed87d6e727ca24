//! `experiment`: lets models compete on a randomised experiment.

use std::path::PathBuf;

use crate::input::config::Config;
use crate::input::rows::{Rows, Unseen};
use crate::output::Files;

/// Let models compete on a randomised experiment, and say which one, if any, beats the best constant.
///
/// Example:
///   offer-host-learn experiment mailing.csv.gz --config mailing.toml --out judged --score members.csv
///
/// with mailing.toml:
///   treatment = "segment"
///   control = "No E-Mail"
///   outcome = "visit"
///   features = ["recency", "history", "channel"]
///   [cost]
///   "Mens E-Mail" = 0.02
///
/// Writes report.html, card.md, leaderboard.json, champion.json and manifest.json, with --score also
/// scores.csv; all of them or none. Two runs write the same bytes.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// CSV file (UTF-8, commas, a heading; packed with gzip or not): a row per member of the experiment.
    data: PathBuf,
    /// What the columns are: TOML, or JSON if its name ends in .json.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder to write to; it is made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// CSV file with the same features: predict the effects for its rows too.
    #[arg(long, value_name = "FILE")]
    score: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (config, _) = Config::read(&arguments.config)?;
    let rows = Rows::read(&arguments.data, &config)?;
    if let Some(score) = &arguments.score {
        Unseen::read(score, &rows.plans, config.id.as_deref())?;
    }
    Files::default().write(&arguments.out)
}
