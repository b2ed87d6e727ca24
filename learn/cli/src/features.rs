//! `features`: features of members from their receipts.

mod add;
mod compute;

use std::fs;
use std::path::{Path, PathBuf};

use ::features::{BUCKETS, Definitions, FeaturesError, Tiles};
use anyhow::Context as _;
use clap::Subcommand;

use crate::output::say;
use crate::refused::{Refused, refuse};

/// Work out features of members from their receipts: more than a thousand integers for each.
///
/// Example:
///   offer-host-learn features add --tiles tiles receipts/ --time-zone Europe/Berlin
///   offer-host-learn features compute --tiles tiles --as-of 2026-03-01 --out features.parquet
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(add::Arguments),
    Compute(compute::Arguments),
    /// Print name, group and sentence of each feature, as CSV.
    List(DefinitionsFile),
    /// Print the default definitions, to begin own ones with.
    Definitions,
    /// Print the query, to run it on another engine.
    Sql(SqlArguments),
    /// Read all tiles and compare them with their digests.
    Verify {
        /// Folder of tiles.
        #[arg(long)]
        tiles: PathBuf,
    },
}

#[derive(clap::Args)]
struct DefinitionsFile {
    /// File of definitions instead of the default ones.
    #[arg(long, value_name = "FILE")]
    definitions: Option<PathBuf>,
}

#[derive(clap::Args)]
struct SqlArguments {
    #[command(flatten)]
    file: DefinitionsFile,
    /// The day that features are as of; receipts of this day and later ones do not count.
    #[arg(long, value_name = "DATE")]
    as_of: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Add(arguments) => add::run(arguments),
        Command::Compute(arguments) => compute::run(arguments),
        Command::List(file) => list(&file.read()?),
        Command::Definitions => say(Definitions::embedded_toml().trim_end()),
        Command::Sql(arguments) => say(arguments.file.read()?.sql(day(&arguments.as_of)?).trim_end()),
        Command::Verify { tiles } => {
            let tiles = Tiles::open(tiles).map_err(refused)?;
            tiles.verify().map_err(refused)?;
            say(&format!(
                "{} tiles in {} bytes are what was written: {}",
                tiles.rows(),
                tiles.bytes(),
                tiles.digest()
            ))
        }
    }
}

fn list(definitions: &Definitions) -> anyhow::Result<()> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(["name", "group", "sentence"])?;
    for feature in definitions.features() {
        rows.write_record([&feature.name, feature.group.name(), &feature.sentence])?;
    }
    let rows = String::from_utf8(rows.into_inner().context("the list cannot be put together")?)?;
    say(rows.trim_end())
}

impl DefinitionsFile {
    fn read(&self) -> anyhow::Result<Definitions> {
        let Some(path) = &self.definitions else { return Definitions::embedded().map_err(refused) };
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Definitions::from_toml(&text).map_err(|error| Refused(format!("{}: {error}", path.display())).into())
    }
}

fn day(text: &str) -> anyhow::Result<i64> {
    match ::features::day_of(text) {
        Ok(day) => Ok(day),
        Err(why) => refuse!("--as-of: {why}"),
    }
}

/// An error for `main`, which tells by its type whether the input was refused.
fn refused(error: FeaturesError) -> anyhow::Error {
    if error.is_refusal() { Refused(error.to_string()).into() } else { error.into() }
}

/// A file by its name, for messages.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Part of all buckets in percent.
fn percent(buckets: u32) -> u32 {
    buckets.saturating_mul(100) / BUCKETS
}
