//! The first stage: reads what is new, and copies all that the run depends on.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use experiment::manifest::digest;
use experiment::output::{Files, json};
use features::{Catalog, Definitions, Tiles, Zone, dropped};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::days::{date, day};
use crate::feed::{Added, Feed, Segment};
use crate::host::Host;
use crate::state::{Entry, Run, Stage, State};

/// Rows of the feed that are asked for at once.
const PAGE: usize = 50_000;

/// Largest file that is copied into a run.
const MOST_COPIED: u64 = 4 << 30;

pub(crate) const CONFIG: &str = "learn.toml";
pub(crate) const MEMBERS: &str = "members.csv";
pub(crate) const CATALOG: &str = "catalog.ndjson";
pub(crate) const MARGINS: &str = "margins.csv";
pub(crate) const DEFINITIONS: &str = "features.toml";
pub(crate) const INGEST: &str = "ingest.json";

/// What a run was made from, besides the files that lie beside this one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ingested {
    /// Version of the program.
    pub(crate) version: String,
    /// First and last day of the assignment.
    pub(crate) start: String,
    pub(crate) end: String,
    /// The feed up to here.
    pub(crate) segments: Vec<Segment>,
    /// Files of older receipts.
    pub(crate) receipts: Vec<Dropped>,
    /// What was in force when the run began.
    pub(crate) before: Option<Entry>,
    /// The assignments that are over and that is learned from, the latest last.
    pub(crate) learned_from: Vec<Entry>,
    /// Rows of the feed that this night brought.
    pub(crate) new_rows: u64,
    pub(crate) repeated_rows: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dropped {
    pub(crate) path: PathBuf,
    pub(crate) sha256: String,
}

/// Reads what is new in the feed, from the drop folder or the host.
pub(crate) fn read_feed(config: &Config, state: &State) -> anyhow::Result<Added> {
    let mut feed = Feed::open(&state.root.join("feed"))?;
    let mut all = Added::default();
    let mut add = |added: Added| {
        all.new += added.new;
        all.repeated += added.repeated;
    };
    if let Some(folder) = &config.drop.feed {
        for path in ndjson_files(folder)? {
            let rows =
                fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            add(feed.add(&path.display().to_string(), &rows)?);
        }
        return Ok(all);
    }
    let host = Host::new(&config.host)?;
    loop {
        let rows = host.results(feed.cursor(), PAGE)?;
        let read = rows.lines().count();
        add(feed.add("the results feed of the host", &rows)?);
        if read < PAGE {
            return Ok(all);
        }
    }
}

fn ndjson_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|end| end == "ndjson"));
    paths.sort();
    Ok(paths)
}

/// The stage, once the feed is read.
pub(crate) fn ingest(
    config: &Config,
    source: &Path,
    state: &State,
    run: &Run,
    added: Added,
) -> anyhow::Result<()> {
    let in_force = state.in_force()?;
    let first = day(&run.name)?;
    let mut learned_from = Vec::new();
    for entry in in_force.whole() {
        if day(&entry.end)? < first {
            learned_from.push(entry.clone());
        }
    }
    let history = usize::try_from(config.competition.history).unwrap_or(usize::MAX);
    let left_out = learned_from.len().saturating_sub(history);
    let learned_from = learned_from.split_off(left_out);
    let ingested = Ingested {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        start: run.name.clone(),
        end: date(first + i64::from(config.offer.days) - 1),
        segments: Feed::open(&state.root.join("feed"))?.segments().to_vec(),
        receipts: receipts(config)?,
        before: in_force.now().cloned(),
        learned_from,
        new_rows: added.new,
        repeated_rows: added.repeated,
    };
    let mut files = Files::default();
    files.add(CONFIG, copied(source)?);
    files.add(MEMBERS, copied(&config.drop.members)?);
    for (name, path) in [(CATALOG, &config.drop.catalog), (MARGINS, &config.drop.margins)] {
        if let Some(path) = path {
            files.add(name, copied(path)?);
        }
    }
    let definitions = match &config.features.definitions {
        Some(path) => copied(path)?,
        None => Definitions::embedded_toml().as_bytes().to_vec(),
    };
    files.add(DEFINITIONS, definitions);
    files.add(INGEST, json(&ingested)?);
    run.write(Stage::Ingest, &files)
}

fn receipts(config: &Config) -> anyhow::Result<Vec<Dropped>> {
    let Some(folder) = &config.drop.receipts else { return Ok(Vec::new()) };
    let file =
        |path: PathBuf| -> anyhow::Result<Dropped> { Ok(Dropped { sha256: digest(&copied(&path)?), path }) };
    dropped(folder)?.into_iter().map(file).collect()
}

fn copied(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.len();
    if size > MOST_COPIED {
        bail!("{}: has {size} bytes; at most {MOST_COPIED} are possible", path.display());
    }
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Brings tiles up to date with what a run was made from.
pub(crate) fn tile(
    config: &Config,
    state: &State,
    run: &Run,
    ingested: &Ingested,
    folder: &Path,
) -> anyhow::Result<Tiles> {
    let mut tiles = Tiles::open_or_create(folder)?;
    let zone = Zone::named(&config.time_zone).map_err(anyhow::Error::msg)?;
    for file in &ingested.receipts {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        if tiles.has_taken(&name) {
            continue;
        }
        if digest(&copied(&file.path)?) != file.sha256 {
            bail!("{}: is another file than when the run began", file.path.display());
        }
        let mut writer = tiles.writer()?;
        writer.file(&file.path, zone)?;
        writer.commit()?;
    }
    let path = run.file(Stage::Ingest, CATALOG);
    let catalog = if path.exists() {
        Catalog::read(CATALOG, BufReader::new(File::open(&path)?))?
    } else {
        Catalog::default()
    };
    let feed = Feed::open(&state.root.join("feed"))?;
    let done = tiles.cursor().map(crate::feed::place).transpose()?;
    for segment in &ingested.segments {
        let last = crate::feed::place(&segment.last)?;
        if done.is_some_and(|done| last <= done) {
            continue;
        }
        let rows = feed.rows(segment)?;
        let mut writer = tiles.writer()?;
        writer.feed(rows.as_bytes(), &catalog, zone, &|_: &str| String::new())?;
        writer.commit()?;
    }
    Ok(tiles)
}
