//! `manifest.json`: what a run read and wrote, so that anybody can do it again and compare.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::output::{Files, hex};
use crate::refused::{Refused, refuse};

pub const NAME: &str = "manifest.json";

/// What a run read and wrote.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub command: String,
    /// Version of the program.
    pub version: String,
    pub seed: u64,
    pub data: Input,
    pub config: Input,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Input>,
    /// The champion of an earlier run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Input>,
    pub outputs: Vec<Output>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// As it was given.
    pub path: PathBuf,
    pub sha256: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    pub file: String,
    pub bytes: usize,
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    ///
    /// There is none, or it is no manifest.
    pub fn read(folder: &Path) -> Result<Self, Refused> {
        let path = folder.join(NAME);
        let bytes = std::fs::read(&path)
            .map_err(|error| Refused(format!("{}: cannot be read: {error}", path.display())))?;
        match serde_json::from_slice(&bytes) {
            Ok(manifest) => Ok(manifest),
            Err(error) => refuse!("{}: is no manifest of an experiment: {error}", path.display()),
        }
    }
}

/// Digests of files that are to be written.
pub fn outputs(files: &Files) -> Vec<Output> {
    let output = |(file, bytes): (&str, &[u8])| Output {
        file: file.to_owned(),
        bytes: bytes.len(),
        sha256: digest(bytes),
    };
    files.iter().map(output).collect()
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
