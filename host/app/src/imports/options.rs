//! Type, format and options of an upload.

use serde::{Deserialize, Serialize};
use store::{Import, ImportMode};

use crate::error::Error;

/// The type of an upload's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// Attributes of members: identifier, attribute, value.
    Attributes,
    /// Codes of a pool of coupons.
    Coupons,
    /// Members.
    Members,
}

impl ImportKind {
    const ALL: [Self; 3] = [Self::Attributes, Self::Coupons, Self::Members];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Coupons => "coupons",
            Self::Members => "members",
        }
    }

    /// The address of its imports.
    pub fn path(self) -> &'static str {
        match self {
            Self::Attributes => "/v1/attributes/imports",
            Self::Coupons => "/v1/coupon-imports",
            Self::Members => "/v1/members/imports",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Format of the upload.
    pub format: Format,
    /// True to check the rows and write nothing.
    pub check_only: bool,
    /// True to remove the members that the upload does not name.
    pub removes_others: bool,
    /// The pool that codes belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Codes to generate, if there is no upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate: Option<Generate>,
}

/// An order to generate codes, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generate {
    /// Number of codes.
    pub count: i64,
    /// Characters of each.
    pub length: u32,
}

impl Options {
    /// The options of an import of members.
    pub fn of_members(mode: ImportMode) -> Self {
        Self { removes_others: mode == ImportMode::Full, ..Self::of(Format::Ndjson, false) }
    }

    /// The options of an upload that leaves what it does not name as it is.
    pub fn of(format: Format, check_only: bool) -> Self {
        Self { format, check_only, removes_others: false, pool: None, generate: None }
    }

    /// The options of an upload of codes.
    pub fn of_codes(pool: String, format: Format, check_only: bool) -> Self {
        Self { pool: Some(pool), ..Self::of(format, check_only) }
    }

    /// The pool that codes belong to. An error if the import has none.
    pub(super) fn pool(&self) -> Result<&str, Error> {
        self.pool.as_deref().ok_or_else(|| Error::damaged("options of an import of codes"))
    }

    /// True if both imports have the same target and, for generated codes, the same order.
    pub(super) fn same_target(&self, other: &Self) -> bool {
        (&self.pool, self.generate) == (&other.pool, other.generate)
    }

    pub(super) fn read(import: &Import) -> Result<Self, Error> {
        serde_json::from_str(&import.options).map_err(|error| Error::internal(&error))
    }
}
