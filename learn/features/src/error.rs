//! What can be wrong with tiles, what they are made of, and features.

use std::path::{Path, PathBuf};

/// Why something was refused, or could not be done. Nothing is half-taken: tiles are as they were before.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// A file or folder that cannot be read or written.
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    /// A folder of tiles that is damaged, or none.
    #[error("{}: {why}", path.display())]
    Tiles { path: PathBuf, why: String },
    /// Input that is refused: receipts, rows of the results feed or of a catalogue.
    #[error("{source_name}, row {row}: {why}")]
    Input { source_name: String, row: u64, why: String },
    /// Input that is refused as a whole.
    #[error("{source_name}: {why}")]
    Source { source_name: String, why: String },
    /// Definitions of features that cannot be used.
    #[error("feature definitions: {0}")]
    Definitions(String),
    /// Settings out of their range.
    #[error("{0}")]
    Limits(String),
    /// The query needs more memory than it may have.
    #[error(
        "features of {buckets} bucket(s) need more than the {memory_bytes} bytes of memory that a query may have; allow more"
    )]
    Memory { buckets: u32, memory_bytes: u64 },
    /// The query failed.
    #[error("the features cannot be worked out: {0}")]
    Query(String),
}

impl FeaturesError {
    /// Makes the error of a file from that of the system.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }

    pub(crate) fn tiles(path: &Path, why: impl Into<String>) -> Self {
        Self::Tiles { path: path.to_owned(), why: why.into() }
    }

    pub(crate) fn input(source: &str, row: u64, why: impl Into<String>) -> Self {
        Self::Input { source_name: source.to_owned(), row, why: why.into() }
    }

    pub(crate) fn source(source: &str, why: impl Into<String>) -> Self {
        Self::Source { source_name: source.to_owned(), why: why.into() }
    }

    /// True if the input or the settings are at fault, not the machine.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::File { .. } | Self::Query(_))
    }
}
