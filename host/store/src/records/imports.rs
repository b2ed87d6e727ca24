//! Imports, which apply an upload in batches, and the rows that they write of members.

use super::{NewCoupons, Revision};

/// The changes that an import makes to one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberRow {
    /// The retailer's id.
    pub id: String,
    /// Changes besides attributes; absent if the import has attributes only.
    pub profile: Option<MemberProfile>,
    /// Name and JSON text of each; no text removes the attribute. All others are kept.
    pub attributes: Vec<(String, Option<String>)>,
}

/// The fields of a member besides attributes. Absent fields are kept, or get their defaults if the member
/// is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberProfile {
    /// `normal`, `anonymous` or `blocked`.
    pub state: Option<String>,
    /// The balance, as an exact decimal number and in smallest steps.
    pub points: Option<(String, i64)>,
    /// Kind and value of each, in order; all others are removed.
    pub identifiers: Option<Vec<(String, String)>>,
    /// Names of the member's audiences; the member leaves all others.
    pub audiences: Option<Vec<String>>,
}

/// The state of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Being applied, or queued behind another import.
    Running,
    /// Paused by an operator.
    Suspended,
    /// All rows were read.
    Done,
    /// Stopped by an operator; rows that were applied stay.
    Cancelled,
    /// Given up, after an error or because the node that worked on it is gone. It may be resumed, or sent again.
    Failed,
}

impl ImportState {
    const ALL: [Self; 5] = [Self::Running, Self::Suspended, Self::Done, Self::Cancelled, Self::Failed];

    /// The name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The id that the host gave it.
    pub id: String,
    /// `attributes`, `coupons` or `members`.
    pub kind: String,
    /// Its state.
    pub state: ImportState,
    /// JSON: options of the caller, which the store does not read.
    pub options: String,
    /// SHA-256 of the upload.
    pub fingerprint: String,
    /// Number of rows in the upload.
    pub rows_total: i64,
    /// Size of the upload in bytes.
    pub bytes_total: i64,
    /// Progress so far.
    pub progress: ImportProgress,
    /// The revisions of its first and last change.
    pub revisions: Option<(Revision, Revision)>,
    /// The reason why it stopped, to show to people; empty if it did not.
    pub detail: String,
    /// Id of the node that works on it; empty if none does.
    pub node: String,
    /// Milliseconds since that node was last heard of. Not stored.
    pub silent_ms: i64,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Seconds since 1970.
    pub updated_at: i64,
}

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Number of rows read.
    pub rows: i64,
    /// Offset of the next row in the upload, in bytes.
    pub bytes: i64,
    /// Number of rows that changed something.
    pub applied: i64,
    /// Number of rows that were stored already.
    pub unchanged: i64,
    /// Number of rows with an error.
    pub refused: i64,
    /// Number of rows with a warning.
    pub warned: i64,
}

/// An error or a warning about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// Number of the row in the upload, from 1.
    pub row: i64,
    /// Number of the line in the file, from 1.
    pub line: i64,
    /// True for an error: the row was left out. False for a warning.
    pub is_error: bool,
    /// JSON Pointer; its first step is the row, from 0.
    pub pointer: String,
    /// A short, stable name of the problem.
    pub code: String,
    /// A message to show to people.
    pub detail: String,
}

/// One batch of an import. Counts of [`ImportBatch::progress`] that depend on what is stored,
/// [`ImportProgress::applied`] and [`ImportProgress::unchanged`], are added by the store.
#[derive(Debug, Clone)]
pub struct ImportBatch {
    /// At most one row of each member.
    pub members: Vec<MemberRow>,
    /// Codes of a pool.
    pub coupons: Option<NewCoupons>,
    /// Errors and warnings about the rows of this batch.
    pub errors: Vec<ImportError>,
    /// Offset of its first row in the upload, in bytes. A batch is applied only if the import is still
    /// there, so that no host applies it twice.
    pub begins_at: i64,
    /// Progress after this batch, with the counts of the batches before.
    pub progress: ImportProgress,
    /// True for the last batch of the import.
    pub is_last: bool,
}

/// A member's answer to an item of a personal offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalAnswer {
    /// The attribute that holds the offer's terms.
    pub attribute: String,
    /// Fingerprint of the item.
    pub item: String,
    /// True if accepted, false if declined.
    pub accepted: bool,
}
