//! The last stage: hands the assignment over to the host. Also the way back.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use experiment::output::{Files, json};
use serde::Serialize;

use crate::config::Config;
use crate::host::{Host, Imported};
use crate::ingest::{CONFIG, INGEST, Ingested};
use crate::log::{self, ASSIGNMENTS};
use crate::state::{Entry, Run, Stage, State};
use crate::terms::{TERMS, nothing, terms};

/// Says that an upload was begun: it has to be brought to its end before anything else.
pub(crate) const BEGUN: &str = "upload-begun";

/// An import that has ended.
#[derive(Debug, Serialize)]
struct Sent<'a> {
    import: &'a str,
    applied: u64,
    unchanged: u64,
    refused: u64,
    problems: &'a [String],
}

/// What came of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    pub applied: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// What was wrong with the first rows that were refused.
    pub problems: Vec<String>,
}

impl From<Imported> for Handed {
    fn from(Imported { applied, unchanged, refused, problems, .. }: Imported) -> Self {
        Self { applied, unchanged, refused, problems }
    }
}

/// Uploads a run's assignment, and notes that it is in force.
pub(crate) fn upload(
    config: &Config,
    state: &State,
    run: &Run,
    ingested: &Ingested,
) -> anyhow::Result<Handed> {
    let host = Host::new(&config.host)?;
    host.check_offer(config)?;
    fs::write(run.folder.join(BEGUN), b"")
        .with_context(|| format!("{} cannot be written", run.folder.display()))?;
    let attribute = &config.offer.attribute;
    let imported = host.import(&run.file(Stage::Assign, TERMS), &format!("{attribute} {}", run.name))?;
    counted(&imported, &run.file(Stage::Assign, TERMS))?;
    let entry = Entry {
        run: run.name.clone(),
        instead_of: None,
        start: ingested.start.clone(),
        end: ingested.end.clone(),
        import: imported.id.clone(),
    };
    // A run that was killed between the two is noted already.
    if state.in_force()?.now().is_none_or(|now| now.run != run.name || now.instead_of.is_some()) {
        state.note(entry)?;
    }
    run.write(Stage::Upload, &sent(&imported)?)?;
    Ok(imported.into())
}

fn sent(imported: &Imported) -> anyhow::Result<Files> {
    let Imported { id, applied, unchanged, refused, problems } = imported;
    let mut files = Files::default();
    let sent = Sent { import: id, applied: *applied, unchanged: *unchanged, refused: *refused, problems };
    files.add("import.json", json(&sent)?);
    Ok(files)
}

/// Whether the host has looked at every row.
fn counted(imported: &Imported, rows: &Path) -> anyhow::Result<()> {
    let rows = fs::read(rows)?.iter().filter(|byte| **byte == b'\n').count();
    let all = imported.applied + imported.unchanged + imported.refused;
    if all != u64::try_from(rows)? {
        bail!("import {}: the host has looked at {all} of {rows} rows", imported.id);
    }
    Ok(())
}

/// Uploads the assignment that was in force before a run again, for the days of that run.
///
/// # Errors
///
/// The run is not in force; nothing was before it; the host cannot be reached.
pub fn rollback(state: &State, run: &Run) -> anyhow::Result<(String, Handed)> {
    let in_force = state.in_force()?;
    let now = in_force.now().context("nothing was uploaded yet")?;
    if now.run != run.name || now.instead_of.is_some() {
        bail!("run {} is not in force; {} is", run.name, now.run);
    }
    let whole = in_force
        .entries
        .iter()
        .rev()
        .skip(1)
        .find(|entry| entry.instead_of.as_deref() != Some(run.name.as_str()));
    let before = whole
        .context("nothing was in force before; take the attribute from all members, or stop the offer")?;
    let earlier = state.run(&before.run);
    let path = earlier.file(Stage::Ingest, CONFIG);
    let then =
        Config::parse(&earlier.text(Stage::Ingest, CONFIG)?).with_context(|| path.display().to_string())?;
    let config = Config::parse(&run.text(Stage::Ingest, CONFIG)?)?;
    if config.offer.attribute != then.offer.attribute {
        bail!("run {} was on the attribute \"{}\"", before.run, then.offer.attribute);
    }
    let (_, rows) = log::read(&earlier.file(Stage::Assign, ASSIGNMENTS))?;
    let ingested: Ingested = run.json(Stage::Ingest, INGEST)?;
    let mut text = terms(&then, &rows, &ingested.start, &ingested.end)?;
    let known: BTreeSet<&str> = rows.iter().map(|row| row.member.as_str()).collect();
    let (_, now_given) = log::read(&run.file(Stage::Assign, ASSIGNMENTS))?;
    for row in now_given.iter().filter(|row| !known.contains(row.member.as_str())) {
        text.extend(nothing(&config, &row.member).bytes());
    }
    let name = "rollback.ndjson";
    let mut files = Files::default();
    files.add(name, text);
    files.write(&run.folder)?;
    let host = Host::new(&config.host)?;
    host.check_offer(&config)?;
    let key = format!("{} {} rolled back", config.offer.attribute, run.name);
    let imported = host.import(&run.folder.join(name), &key)?;
    counted(&imported, &run.folder.join(name))?;
    state.note(Entry {
        run: before.run.clone(),
        instead_of: Some(run.name.clone()),
        start: ingested.start,
        end: ingested.end,
        import: imported.id.clone(),
    })?;
    Ok((before.run.clone(), imported.into()))
}
