//! `experiment`: lets models compete on a randomised experiment.

use std::path::PathBuf;

use ::experiment::judge;

use crate::progress::Progress;

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
/// scores.csv; all of them or none. Two runs write the same bytes. All keys of the configuration are in
/// docs/learning.md.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// Folder to write to; it is made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What an experiment is judged from.
#[derive(clap::Args)]
struct Inputs {
    /// CSV file (UTF-8, commas, a heading; packed with gzip or not): a row per member of the experiment.
    data: PathBuf,
    /// What the columns are: TOML, or JSON if its name ends in .json.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// CSV file with the same features: predict the effects for its rows too.
    #[arg(long, value_name = "FILE")]
    score: Option<PathBuf>,
    /// How many threads train, instead of the configuration's number; it changes no byte.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: Option<u32>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Inputs { data, config, score, threads } = &arguments.inputs;
    let inputs = ::experiment::Inputs {
        data: data.clone(),
        config: config.clone(),
        score: score.clone(),
        threads: *threads,
    };
    let progress = Progress::new();
    let judged = judge(&inputs, &|what, done, steps| progress.step(what, done, steps))?;
    judged.files.write(&arguments.out)?;
    drop(progress);
    crate::output::say(&judged.sentence)
}
