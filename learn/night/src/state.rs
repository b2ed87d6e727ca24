//! What the learner keeps between nights: a folder of runs, the feed as it was read, and which assignment is in
//! force.
//!
//! ```text
//! STATE/lock                     held while a command works
//! STATE/in-force.json            uploads and roll-backs, the last one is in force
//! STATE/feed/                    the results feed, see `feed`
//! STATE/tiles/                   receipts as features need them
//! STATE/runs/2026-11-30/1-ingest/ … 7-upload/
//! ```
//!
//! A stage is a folder that gets its name when all its files are on the disk.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use experiment::output::{Files, json};
use serde::{Deserialize, Serialize};

/// A part of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Read what is new, and copy all that the run depends on.
    Ingest,
    /// What is known of each member tonight.
    Features,
    /// What came of earlier assignments.
    Outcomes,
    /// Let models compete.
    Compete,
    /// Who gets what.
    Assign,
    /// The run in words and digests.
    Report,
    /// Hand it over to the host.
    Upload,
}

impl Stage {
    pub const ALL: [Self; 7] = [
        Self::Ingest,
        Self::Features,
        Self::Outcomes,
        Self::Compete,
        Self::Assign,
        Self::Report,
        Self::Upload,
    ];

    /// Name of its folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Ingest => "1-ingest",
            Self::Features => "2-features",
            Self::Outcomes => "3-outcomes",
            Self::Compete => "4-compete",
            Self::Assign => "5-assign",
            Self::Report => "6-report",
            Self::Upload => "7-upload",
        }
    }
}

/// One night.
#[derive(Clone, Debug)]
pub struct Run {
    pub name: String,
    pub folder: PathBuf,
}

impl Run {
    /// A run by its folder.
    pub fn at(folder: &Path) -> Self {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, folder: folder.to_owned() }
    }

    pub fn done(&self, stage: Stage) -> bool {
        self.folder.join(stage.folder()).is_dir()
    }

    /// A file of a stage.
    pub fn file(&self, stage: Stage, name: &str) -> PathBuf {
        self.folder.join(stage.folder()).join(name)
    }

    /// The text of a file of a stage.
    pub(crate) fn text(&self, stage: Stage, name: &str) -> anyhow::Result<String> {
        let path = self.file(stage, name);
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    }

    /// A JSON file of a stage.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, stage: Stage, name: &str) -> anyhow::Result<T> {
        let path = self.file(stage, name);
        serde_json::from_str(&self.text(stage, name)?)
            .with_context(|| format!("{} is damaged", path.display()))
    }

    /// Writes a stage: all of its files or none.
    pub(crate) fn write(&self, stage: Stage, files: &Files) -> anyhow::Result<()> {
        let part = self.folder.join(format!(".{}.part", stage.folder()));
        if part.exists() {
            fs::remove_dir_all(&part).with_context(|| format!("{} cannot be removed", part.display()))?;
        }
        files.write(&part)?;
        let place = self.folder.join(stage.folder());
        fs::rename(&part, &place).with_context(|| format!("{} cannot be written", place.display()))
    }
}

/// What was handed over to the host, one after the other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Whose assignment.
    pub run: String,
    /// The run that it replaced by a roll-back: nothing can be learned from that one any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// First and last day.
    pub start: String,
    pub end: String,
    /// Id of the host's import.
    pub import: String,
}

impl InForce {
    /// The last one.
    pub fn now(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// Runs whose assignment held to its end, the latest last.
    pub fn whole(&self) -> Vec<&Entry> {
        let rolled_back =
            |run: &str| self.entries.iter().any(|entry| entry.instead_of.as_deref() == Some(run));
        self.entries.iter().filter(|entry| entry.instead_of.is_none() && !rolled_back(&entry.run)).collect()
    }
}

/// The folder of all.
#[derive(Clone, Debug)]
pub struct State {
    pub root: PathBuf,
}

impl State {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Keeps every other command out until it is dropped.
    ///
    /// # Errors
    ///
    /// Another command works in this folder; the folder cannot be made.
    pub fn lock(&self) -> anyhow::Result<File> {
        fs::create_dir_all(&self.root).with_context(|| format!("{} cannot be made", self.root.display()))?;
        let path = self.root.join("lock");
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                bail!("{}: another command works in this folder; let it end, or end it", self.root.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }

    pub fn run(&self, name: &str) -> Run {
        Run { name: name.to_owned(), folder: self.root.join("runs").join(name) }
    }

    /// All runs, the oldest first.
    pub(crate) fn runs(&self) -> anyhow::Result<Vec<Run>> {
        let folder = self.root.join("runs");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        Ok(names.iter().map(|name| self.run(name)).collect())
    }

    pub fn in_force(&self) -> anyhow::Result<InForce> {
        let path = self.root.join("in-force.json");
        if !path.exists() {
            return Ok(InForce::default());
        }
        let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
    }

    pub(crate) fn note(&self, entry: Entry) -> anyhow::Result<()> {
        let mut in_force = self.in_force()?;
        in_force.entries.push(entry);
        let mut files = Files::default();
        files.add("in-force.json", json(&in_force)?);
        files.write(&self.root)
    }
}
