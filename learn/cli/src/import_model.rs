//! `import-model`: a model that was trained elsewhere, as a champion.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::output::{Files, say};

/// Take over LightGBM models of an effect as a champion, to be judged, scored by, and run at the till.
///
/// Example:
///   offer-host-learn import-model mine.toml --out mine.json
///
/// with mine.toml, beside the text that LightGBM's save_model wrote:
///   control = "No E-Mail"
///   [effects]
///   "Mens E-Mail" = "mens.txt"
///   [digits]
///   history = 2   # a number with two decimals
///
/// Afterwards: `previous = "mine.json"` under [gate] of an experiment lets it compete; `score mine.json` scores
/// rows; `build-mechanic mine.json` makes it a component. What a model may be, and all keys, are in
/// docs/learning.md.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Which models are taken over: TOML, or JSON if its name ends in .json.
    config: PathBuf,
    /// The champion to write.
    #[arg(short, long, value_name = "FILE.json")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let champion = ::experiment::import(&arguments.config)?;
    write(&arguments.out, champion.to_bytes()?)?;
    say(&format!(
        "{}: {} features, arms {}",
        arguments.out.display(),
        champion.columns.len(),
        champion.arms.join(", ")
    ))
}

/// Writes one file, wholly or not at all.
pub(crate) fn write(path: &Path, bytes: Vec<u8>) -> anyhow::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} is no name of a file", path.display()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut files = Files::default();
    files.add(name, bytes);
    files.write(folder.unwrap_or(Path::new(".")))
}
