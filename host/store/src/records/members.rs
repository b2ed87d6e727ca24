//! What is known of one member, and merging two of them.

use super::{AttributeValue, Revision};

/// A member with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The retailer's id.
    pub id: String,
    /// `normal`, `anonymous`, `blocked` or `merged`.
    pub state: String,
    /// Who has everything that this member had.
    pub merged_into: Option<String>,
    /// Kind and value, as listed.
    pub identifiers: Vec<(String, String)>,
    /// Those that the member was put into, by name.
    pub audiences: Vec<String>,
    /// By name, each with when it was written.
    pub attributes: Vec<(AttributeValue, i64)>,
}

/// A value that an attribute has, or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRevision {
    /// JSON text.
    pub value: String,
    /// The revision that wrote it.
    pub revision: Revision,
    /// When that was.
    pub written_at: i64,
    /// The revision that ended it.
    pub until: Option<Revision>,
    /// When that was.
    pub ended_at: Option<i64>,
}

/// What came of changing the state of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChanged {
    /// It is as wanted now, at this revision.
    Done(Revision),
    /// There is no such member.
    Unknown,
    /// The member is merged into another.
    Merged,
}

/// Merging one member into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The member that goes.
    pub from: String,
    /// The member that stays.
    pub into: String,
    /// How the scopes of counters begin that belong to either, see [`super::Grant::scope`].
    pub scopes: (String, String),
}

/// What came of merging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// One is merged into the other, since this revision.
    Done(Revision),
    /// There is no member with this id.
    Unknown(String),
    /// This member is merged into another one already.
    Already {
        /// Which of the two.
        member: String,
        /// Into whom.
        into: String,
    },
}
