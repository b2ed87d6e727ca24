//! Type, format and options of an upload.

use serde::{Deserialize, Serialize};
use store::{Import, ImportMode};

use crate::error::Error;

/// The type of an upload's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// Attributes of members: identifier, attribute, value.
    Attributes,
    /// Members.
    Members,
}

impl ImportKind {
    /// The name in paths of the API and in the database.
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

/// The format of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180, with a header.
    Csv,
    /// JSON, one object a line.
    Ndjson,
}

/// Options of an import. Stored with it as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Format of the upload.
    pub format: Format,
    /// True to check the rows and write nothing.
    pub check_only: bool,
    /// True to remove the members that the upload does not name.
    pub removes_others: bool,
}

impl Options {
    /// The options of an import of members.
    pub fn of_members(mode: ImportMode) -> Self {
        Self { format: Format::Ndjson, check_only: false, removes_others: mode == ImportMode::Full }
    }

    pub(super) fn read(import: &Import) -> Result<Self, Error> {
        serde_json::from_str(&import.options).map_err(|error| Error::internal(&error))
    }
}
