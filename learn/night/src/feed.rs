//! The results feed as it was read: packed files that are never changed, and a list of them.
//!
//! Cursors are `R.E`, row and event. A file goes on where the one before it ended: `R.E` is followed by event E + 1 of
//! row R or by the first event of row R + 1. What was read before and comes again is left out if it is the same, and
//! refused if it is not.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use experiment::manifest::digest;
use experiment::output::{Files, json};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

/// Most files: at 50,000 rows each, 50 billion rows.
const MOST_FILES: usize = 1_000_000;

/// A file of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub file: String,
    /// Of its rows, unpacked.
    pub sha256: String,
    pub rows: u64,
    /// Cursors of its first and last row.
    pub first: String,
    pub last: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    segments: Vec<Segment>,
}

/// What came of rows that were offered to the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    pub new: u64,
    /// Rows that were there before, and are the same.
    pub repeated: u64,
}

/// The feed.
#[derive(Debug)]
pub struct Feed {
    folder: PathBuf,
    index: Index,
}

/// What is read of a row to put it in its place.
#[derive(Deserialize)]
struct Placed {
    cursor: String,
}

impl Feed {
    /// # Errors
    ///
    /// The list of files is damaged.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("feed.json");
        let index = if path.exists() {
            let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?
        } else {
            Index::default()
        };
        Ok(Self { folder: folder.to_owned(), index })
    }

    pub fn segments(&self) -> &[Segment] {
        &self.index.segments
    }

    /// Cursor of the last row.
    pub fn cursor(&self) -> Option<&str> {
        self.index.segments.last().map(|segment| segment.last.as_str())
    }

    /// Adds rows of NDJSON: all of them or none. `source` is named in messages.
    ///
    /// # Errors
    ///
    /// A row is no event; rows before it are missing; a row was there before and is another now.
    pub fn add(&mut self, source: &str, rows: &str) -> anyhow::Result<Added> {
        let mut last = self.cursor().map(place).transpose()?;
        let mut known: Option<BTreeMap<(u64, u64), String>> = None;
        let (mut added, mut new, mut first, mut latest) =
            (Added::default(), String::new(), None, String::new());
        if rows.is_empty() {
            return Ok(added);
        }
        if !rows.ends_with('\n') {
            bail!("{source}: the last row has no end; the file was cut");
        }
        for (number, row) in (1_u64..).zip(rows.lines()) {
            let told = || format!("{source}, row {number}");
            let placed: Placed = serde_json::from_str(row)
                .with_context(|| format!("{} is no event of the results feed", told()))?;
            let cursor = place(&placed.cursor).with_context(told)?;
            if last.is_some_and(|last| cursor <= last) {
                if added.new > 0 {
                    bail!(
                        "{}: cursor {} comes twice or out of order in what was read",
                        told(),
                        placed.cursor
                    );
                }
                let known = match &mut known {
                    Some(known) => known,
                    none => none.insert(self.rows_from(cursor)?),
                };
                if known.get(&cursor).map(String::as_str) != Some(row) {
                    bail!(
                        "{}: cursor {} was read before, and was another row then; was the host's database restored from a backup? \
                         Nothing was taken",
                        told(),
                        placed.cursor
                    );
                }
                added.repeated += 1;
                continue;
            }
            if let Some(last) = last.filter(|last| !follows(*last, cursor)) {
                bail!(
                    "{}: cursor {} does not follow {}.{}: rows between them are missing. Read the feed with since={}.{}; \
                     nothing was taken",
                    told(),
                    placed.cursor,
                    last.0,
                    last.1,
                    last.0,
                    last.1
                );
            }
            last = Some(cursor);
            first.get_or_insert_with(|| placed.cursor.clone());
            latest = placed.cursor;
            new.push_str(row);
            new.push('\n');
            added.new += 1;
        }
        if let Some(first) = first {
            self.keep(&new, added.new, first, latest)?;
        }
        Ok(added)
    }

    fn keep(&mut self, rows: &str, count: u64, first: String, last: String) -> anyhow::Result<()> {
        let number = self.index.segments.len() + 1;
        if number > MOST_FILES {
            bail!("{}: {MOST_FILES} files, and no more can be added", self.folder.display());
        }
        let file = format!("{number:07}.ndjson.gz");
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(rows.as_bytes())?;
        let segment =
            Segment { file: file.clone(), sha256: digest(rows.as_bytes()), rows: count, first, last };
        self.index.segments.push(segment);
        let mut files = Files::default();
        files.add(&file, packer.finish()?);
        files.add("feed.json", json(&self.index)?);
        files.write(&self.folder)
    }

    /// The rows of a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not what was written.
    pub fn rows(&self, segment: &Segment) -> anyhow::Result<String> {
        let path = self.folder.join(&segment.file);
        let packed = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mut rows = String::new();
        let unpacked = GzDecoder::new(packed.as_slice()).read_to_string(&mut rows);
        if unpacked.is_err() || digest(rows.as_bytes()) != segment.sha256 {
            bail!("{}: is damaged or was cut; bring it back from a backup", path.display());
        }
        Ok(rows)
    }

    /// All rows from a cursor on.
    fn rows_from(&self, from: (u64, u64)) -> anyhow::Result<BTreeMap<(u64, u64), String>> {
        let mut found = BTreeMap::new();
        for segment in self.index.segments.iter().rev() {
            if place(&segment.last)? < from {
                break;
            }
            for row in self.rows(segment)?.lines() {
                let placed: Placed = serde_json::from_str(row)?;
                found.insert(place(&placed.cursor)?, row.to_owned());
            }
        }
        Ok(found)
    }
}

fn follows(last: (u64, u64), next: (u64, u64)) -> bool {
    (next.0 == last.0 && next.1 == last.1 + 1) || (next.0 == last.0 + 1 && next.1 == 1)
}

/// A cursor as numbers of row and event.
pub(crate) fn place(cursor: &str) -> anyhow::Result<(u64, u64)> {
    let parsed =
        cursor.split_once('.').and_then(|(row, event)| Some((row.parse().ok()?, event.parse().ok()?)));
    parsed.with_context(|| format!("\"{cursor}\" is not a cursor such as 17.1"))
}
