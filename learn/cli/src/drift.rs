//! `drift`: whether the world has moved between two runs.

mod compare;
mod run;
mod text;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;

use compare::compare;
use run::Run;

/// Say whether the world of a later run is still the one that the champion of an earlier run was trained on.
///
/// Example:
///   offer-host-learn drift judged-june judged-july
///
/// Both are folders that `experiment` wrote, of the same columns and arms and of different data; the data must still be
/// where the runs found it. Compared are
///   - how features and the champion's scores are distributed (PSI; above 0.2 something has moved), and how often a
///     feature is missing;
///   - by tenth of the members, the effect that the champion promised for what it would have given the members of
///     the later run, and the effect that came true. It is the only drift that costs money.
///
/// Drift is no error: the program ends with code 0, and `drifted` in the JSON says it.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Folder of the earlier run, whose champion is asked.
    before: PathBuf,
    /// Folder of the later run.
    after: PathBuf,
    /// Where the data of the earlier run is now, if it has moved.
    #[arg(long, value_name = "FILE")]
    before_data: Option<PathBuf>,
    /// Where the data of the later run is now, if it has moved.
    #[arg(long, value_name = "FILE")]
    after_data: Option<PathBuf>,
    /// How many threads train; it changes no byte.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: u32,
    /// Write JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let before = Run::open(&arguments.before, arguments.before_data.as_deref(), "--before-data")?;
    let after = Run::open(&arguments.after, arguments.after_data.as_deref(), "--after-data")?;
    let found = compare(&before, &after, arguments.threads)?;
    let text = if arguments.json { text::json(&found)? } else { text::text(&found).into_bytes() };
    std::io::stdout().lock().write_all(&text).context("the standard output cannot be written")
}
