//! `features add`: receipts become tiles.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ::features::{Catalog, Tiles, Zone, dropped};
use anyhow::Context as _;

use super::{refused, shown};
use crate::output::say;
use crate::refused::refuse;

/// Add receipts to a folder of tiles: all that is given, or nothing.
///
/// Example:
///   offer-host-learn features add --tiles tiles receipts/ --time-zone Europe/Berlin
///   curl "$HOST/v1/results/export?since=$(jq -r .cursor tiles/tiles.json)" > feed.ndjson
///   offer-host-learn features add --tiles tiles --feed feed.ndjson --catalog catalog.ndjson
///
/// Files are CSV (packed with gzip or not) or Parquet, a row for each line of a receipt, lines of a receipt together. Columns:
/// receipt, member, at, quantity, spent; and, if there are, discount, points, outlet, outlet_kind, category_1, category_2. Of
/// a folder all .csv, .csv.gz and .parquet files are taken that were not taken before.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    /// Files of receipts, or folders of them.
    receipts: Vec<PathBuf>,
    /// Folder of tiles; it is made if there is none.
    #[arg(long)]
    tiles: PathBuf,
    /// The time zone of the chain.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    time_zone: String,
    /// Rows of the host's results feed behind the cursor in tiles.json (NDJSON).
    #[arg(long, requires = "catalog", value_name = "FILE")]
    feed: Option<PathBuf>,
    /// Rows of the catalogue that the host has (NDJSON), which say of what category goods are.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// CSV file with columns outlet and outlet_kind, for the feed.
    #[arg(long, requires = "feed", value_name = "FILE")]
    outlet_kinds: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let zone = match Zone::named(&arguments.time_zone) {
        Ok(zone) => zone,
        Err(why) => refuse!("--time-zone: {why}"),
    };
    let mut tiles = Tiles::open_or_create(&arguments.tiles).map_err(refused)?;
    let files = files(&arguments.receipts, &tiles)?;
    let mut told = Vec::new();
    let mut writer = tiles.writer().map_err(refused)?;
    for file in &files {
        let taken = writer.file(file, zone).map_err(refused)?;
        told.push(format!(
            "{}: {} receipts, {} more of nobody known",
            shown(file),
            taken.receipts,
            taken.of_nobody
        ));
    }
    if let (Some(feed), Some(catalog)) = (&arguments.feed, &arguments.catalog) {
        let catalog = Catalog::read(&shown(catalog), open(catalog)?).map_err(refused)?;
        let kinds = arguments.outlet_kinds.as_deref().map(kinds).transpose()?.unwrap_or_default();
        let kind = |outlet: &str| kinds.get(outlet).cloned().unwrap_or_default();
        let taken = writer.feed(open(feed)?, &catalog, zone, &kind).map_err(refused)?;
        told.push(format!(
            "{}: {} events, {} receipts and returns, {} more of nobody known",
            shown(feed),
            taken.events,
            taken.receipts,
            taken.of_nobody
        ));
    }
    writer.commit().map_err(refused)?;
    for line in told {
        say(&line)?;
    }
    say(&format!("{} has {} tiles in {} bytes.", shown(&arguments.tiles), tiles.rows(), tiles.bytes()))
}

/// The files that are given, and those of folders that were not taken before.
fn files(given: &[PathBuf], tiles: &Tiles) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if path.is_dir() {
            let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
            let new = |path: &PathBuf| name(path).is_none_or(|name| !tiles.has_taken(&name));
            files.extend(dropped(path).map_err(refused)?.into_iter().filter(new));
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    File::open(path).map(BufReader::new).with_context(|| format!("{} cannot be read", path.display()))
}

fn kinds(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut kinds = BTreeMap::new();
    let mut rows = csv::Reader::from_reader(open(path)?);
    let heading = rows.headers()?.clone();
    let place = |column: &str| heading.iter().position(|found| found == column);
    let (Some(outlet), Some(kind)) = (place("outlet"), place("outlet_kind")) else {
        refuse!("{}: columns outlet and outlet_kind are needed", path.display());
    };
    for row in rows.records() {
        let row = row.with_context(|| format!("{} cannot be read", path.display()))?;
        let text = |place: usize| row.get(place).unwrap_or_default().to_owned();
        if kinds.insert(text(outlet), text(kind)).is_some() {
            refuse!("{}: outlet {} is there twice", path.display(), text(outlet));
        }
    }
    Ok(kinds)
}
