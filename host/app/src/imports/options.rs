//! What an upload holds, how it is written, and what is to be done with it.

use serde::{Deserialize, Serialize};
use store::{Import, ImportMode};

use crate::error::Error;

/// What an upload holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// Attributes of members: identifier, attribute, value.
    Attributes,
    /// Members.
    Members,
}

impl ImportKind {
    /// The name in addresses and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Members => "members",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Attributes, Self::Members].into_iter().find(|kind| kind.name() == name)
    }
}

/// How an upload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180, with a header.
    Csv,
    /// JSON, one object a line.
    Ndjson,
}

/// What is to be done with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// How it is written.
    pub format: Format,
    /// Whether rows are only checked.
    pub check_only: bool,
    /// Whether members that it does not name are removed.
    pub removes_others: bool,
}

impl Options {
    /// Those of an import of members.
    pub fn of_members(mode: ImportMode) -> Self {
        Self { format: Format::Ndjson, check_only: false, removes_others: mode == ImportMode::Full }
    }

    pub(super) fn read(import: &Import) -> Result<Self, Error> {
        serde_json::from_str(&import.options).map_err(|error| Error::internal(&error))
    }
}
