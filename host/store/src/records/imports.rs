//! Uploads that are applied in batches, and what they change of members.

use super::Revision;

/// What an import writes of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberRow {
    /// The retailer's id.
    pub id: String,
    /// What is said of the member besides attributes; absent if only attributes are.
    pub profile: Option<MemberProfile>,
    /// Name, and JSON text or nothing to remove it. Others stay as they are.
    pub attributes: Vec<(String, Option<String>)>,
}

/// What an import says of a member. What is absent stays as it is, or gets its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberProfile {
    /// `normal`, `anonymous` or `blocked`.
    pub state: Option<String>,
    /// As an exact decimal, and in smallest steps.
    pub points: Option<(String, i64)>,
    /// Kind and value, as listed; all others go.
    pub identifiers: Option<Vec<(String, String)>>,
    /// All others go.
    pub audiences: Option<Vec<String>>,
}

/// Where an import is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Under way, or waiting for the one before it.
    Running,
    /// Told to wait.
    Suspended,
    /// All rows were looked at.
    Done,
    /// Told to stop; what was applied stays.
    Cancelled,
    /// It could not go on.
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
    /// Ours.
    pub id: String,
    /// `attributes` or `members`.
    pub kind: String,
    /// Where it is in its life.
    pub state: ImportState,
    /// JSON text, the caller's.
    pub options: String,
    /// SHA-256 of the upload.
    pub fingerprint: String,
    /// How many rows there are.
    pub rows_total: i64,
    /// How long the upload is.
    pub bytes_total: i64,
    /// How far it got.
    pub progress: ImportProgress,
    /// The revisions of its first and last change.
    pub revisions: Option<(Revision, Revision)>,
    /// Why it stopped, for people.
    pub detail: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Seconds since 1970.
    pub updated_at: i64,
}

/// How far an import got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Rows that were looked at.
    pub rows: i64,
    /// Where the next row begins.
    pub bytes: i64,
    /// Rows that changed something.
    pub applied: i64,
    /// Rows that were so already.
    pub unchanged: i64,
    /// Rows with an error.
    pub refused: i64,
    /// Rows with a warning.
    pub warned: i64,
}

/// What is wrong, or odd, with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// Of the upload, from 1.
    pub row: i64,
    /// Of the file, from 1.
    pub line: i64,
    /// Whether the row was left out.
    pub is_error: bool,
    /// JSON Pointer; its first step is the row, from 0.
    pub pointer: String,
    /// Short and stable.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// One batch of an import. Counts of [`ImportBatch::progress`] that depend on what is stored,
/// [`ImportProgress::applied`] and [`ImportProgress::unchanged`], are added by the store.
#[derive(Debug, Clone)]
pub struct ImportBatch {
    /// At most one row a member.
    pub members: Vec<MemberRow>,
    /// What is wrong with the rows of this batch.
    pub errors: Vec<ImportError>,
    /// Where it begins: a batch that was applied already, by whomever, is not applied again.
    pub begins_at: i64,
    /// After this batch, with the counts of the batches before.
    pub progress: ImportProgress,
    /// Whether nothing more comes after it.
    pub is_last: bool,
}

/// A member's answer to an item of a personal offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalAnswer {
    /// The attribute that carries the terms.
    pub attribute: String,
    /// Fingerprint of the item.
    pub item: String,
    /// Accepted, or else declined.
    pub accepted: bool,
}
