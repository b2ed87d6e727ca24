//! The list of what a folder of tiles holds.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::code::BUCKETS;
use crate::error::FeaturesError;

const NAME: &str = "tiles.json";
const FORMAT: &str = "offer-host-tiles/1";

/// The most files of tiles of a folder, and the most sources that it remembers.
pub(crate) const MOST_FILES: usize = 100_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: String,
    buckets: u32,
    /// The last event of the results feed that was taken.
    pub(crate) cursor: Option<String>,
    /// The files of receipts that were taken.
    pub(crate) taken: Vec<Taken>,
    pub(crate) files: Vec<TileFile>,
}

/// A file of receipts that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    pub(crate) name: String,
    pub(crate) sha256: String,
}

/// A file of tiles.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TileFile {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) first_bucket: u32,
    pub(crate) last_bucket: u32,
}

impl Manifest {
    pub(crate) fn new() -> Self {
        Self {
            format: FORMAT.to_owned(),
            buckets: BUCKETS,
            cursor: None,
            taken: Vec::new(),
            files: Vec::new(),
        }
    }

    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, FeaturesError> {
        let path = Self::path(folder);
        let bytes = fs::read(&path).map_err(FeaturesError::file(&path))?;
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|error| FeaturesError::tiles(&path, format!("is not a list of tiles: {error}")))?;
        if manifest.format != FORMAT || manifest.buckets != BUCKETS {
            let why = format!(
                "was written in format {} with {} buckets, and this program reads {FORMAT} with {BUCKETS}; make the tiles anew",
                manifest.format, manifest.buckets
            );
            return Err(FeaturesError::tiles(&path, why));
        }
        Ok(manifest)
    }

    /// Replaces the list: whoever is interrupted finds the old one or the new one.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), FeaturesError> {
        let path = Self::path(folder);
        let beside = folder.join(format!(".{NAME}.part"));
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| FeaturesError::tiles(&path, format!("cannot be written: {error}")))?;
        let mut file = File::create(&beside).map_err(FeaturesError::file(&beside))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(FeaturesError::file(&beside))?;
        fs::rename(&beside, &path).map_err(FeaturesError::file(&path))
    }
}
