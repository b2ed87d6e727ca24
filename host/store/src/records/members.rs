//! One member with its attributes, and merging two members.

use std::collections::BTreeMap;

use super::{AttributeValue, Revision};

/// A member with everything that is stored about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The retailer's id.
    pub id: String,
    /// `normal`, `anonymous`, `blocked` or `merged`.
    pub state: String,
    /// The member that this one was merged into.
    pub merged_into: Option<String>,
    /// Kind and value of each, in the order in which they were imported.
    pub identifiers: Vec<(String, String)>,
    /// Names of the audiences that the member was put into, in ascending order.
    pub audiences: Vec<String>,
    /// In ascending order of their names, each with the second at which it was written.
    pub attributes: Vec<(AttributeValue, i64)>,
}

/// A place in the order in which members have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberPlace {
    /// The first revision of which not everything was read.
    pub revision: Revision,
    /// The last member of that revision that was read; empty if none was.
    pub member_id: String,
}

/// Members who have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedMembers {
    /// Their ids, each once, in ascending order.
    pub ids: Vec<String>,
    /// The place after them.
    pub next: MemberPlace,
}

/// The result of folding identifiers of older releases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoldedIdentifiers {
    /// Number of rows that were folded; 0 if none was left.
    pub rows: usize,
    /// Those that several members have now.
    pub shared: Vec<SharedIdentifier>,
}

/// An identifier that several members have in different spellings. A till that sends one of the spellings finds the
/// member who has it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedIdentifier {
    /// Kind, in the form by which it compares.
    pub kind: String,
    /// Value, in the form by which it compares.
    pub value: String,
    /// Ids of its members.
    pub members: Vec<String>,
}

/// A present or past value of a member's attribute.
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

/// The owner of an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierOwner {
    /// The member.
    pub member_id: String,
    /// If it came with a merger, the merged member that an import had given it to.
    pub given_to: Option<String>,
}

/// The result of changing the state of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChanged {
    /// The state was changed by this revision, or was the same already.
    Done(Revision),
    /// There is no such member.
    Unknown,
    /// The member is merged into another.
    Merged,
}

/// Merging one member into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The member that is given up.
    pub from: String,
    /// The member that stays.
    pub into: String,
    /// The beginning of the counter scopes that belong to each of the two, see [`super::Grant::scope`].
    pub scopes: (String, String),
}

/// The result of merging two members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// They were merged by this revision.
    Done(Revision),
    /// There is no member with this id.
    Unknown(String),
    /// One of the two was merged into another member before.
    Already {
        /// That one of the two.
        member: String,
        /// The member that it was merged into.
        into: String,
    },
}

/// A member as communications read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The retailer's id.
    pub id: String,
    /// `normal`, `anonymous`, `blocked` or `merged`.
    pub state: String,
    /// JSON text by the name of the attribute.
    pub attributes: BTreeMap<String, String>,
    /// Kind and value of each, in the order in which they were imported.
    pub identifiers: Vec<(String, String)>,
    /// Points that can be spent, in their smallest step; below zero if there is a debt.
    pub points: i64,
}
