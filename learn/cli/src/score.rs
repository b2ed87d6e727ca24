//! `score`: what a champion says of rows.

use std::path::PathBuf;

use crate::champion;
use crate::import_model::write;
use crate::output::say;

/// Score rows by a champion: for each the predicted effect of each arm, and the arm that it chooses.
///
/// Example:
///   offer-host-learn score judged members.csv --id member --out scores.csv
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Folder that `experiment` wrote, a `champion.json`, or what `import-model` wrote.
    model: PathBuf,
    /// CSV file (UTF-8, commas, a heading; packed with gzip or not) with the champion's columns.
    rows: PathBuf,
    /// Column that names a row, once each; without it rows are numbered from 1.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// CSV file to write.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path =
        if arguments.model.is_dir() { arguments.model.join(champion::NAME) } else { arguments.model.clone() };
    let scores = ::experiment::score(&path, &arguments.rows, arguments.id.as_deref())?;
    write(&arguments.out, scores)?;
    say(&format!("{} is written", arguments.out.display()))
}
