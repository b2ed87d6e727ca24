//! Consents, suppressions, and ranges of phone numbers.

use super::Subject;

/// An answer of a member about a channel and a topic, to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConsent {
    /// Names the answer: one with the same id is not added again.
    pub id: String,
    /// Whose it is: a member.
    pub subject: Subject,
    /// The answer.
    pub consent: ConsentRow,
}

/// An answer of a member about a channel and a topic, with the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// Name of the channel, or `*`.
    pub channel: String,
    /// Name of the topic, or `*`.
    pub topic: String,
    /// `granted`, `pending` or `withdrawn`.
    pub state: String,
    /// When it was given.
    pub at: i64,
    /// Where it was given.
    pub source: String,
    /// Version of the text that was shown; empty if none was.
    pub text_version: String,
    /// When the host learned of it.
    pub received_at: i64,
    /// The caller who told the host.
    pub actor: String,
}

/// The latest answer of a member with one state about a channel and a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberConsent {
    /// Number of the member.
    pub number: u32,
    /// Name of the channel, or `*`.
    pub channel: String,
    /// Name of the topic, or `*`.
    pub topic: String,
    /// `granted`, `pending` or `withdrawn`.
    pub state: String,
    /// When it was given.
    pub at: i64,
}

/// Whom a suppression is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppressed {
    /// A member.
    Member(Subject),
    /// An address, by its digest.
    Address(String),
}

/// A suppression to add or to lift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuppression {
    /// Names whom it is about, the channel and the scope.
    pub id: String,
    /// Whom it is about.
    pub whom: Suppressed,
    /// Name of the channel, or `*`.
    pub channel: String,
    /// `marketing` or `all`.
    pub scope: String,
    /// Why, in a word.
    pub reason: String,
    /// Since when.
    pub at: i64,
    /// The source that says so.
    pub source: String,
    /// When the host learned of it.
    pub received_at: i64,
    /// True to take it off the list.
    pub is_lifted: bool,
}

/// A suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRow {
    /// Number of the member, if it is about one.
    pub number: Option<u32>,
    /// Digest of the address, if it is about one.
    pub digest: Option<String>,
    /// Name of the channel, or `*`.
    pub channel: String,
    /// `marketing` or `all`.
    pub scope: String,
    /// Why, in a word.
    pub reason: String,
    /// Since when.
    pub at: i64,
    /// The source that says so.
    pub source: String,
}

/// A range of phone numbers; see `communications::contacts::NumberRange`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRangeRow {
    /// The first number.
    pub first: i64,
    /// The last number.
    pub last: i64,
    /// The operator; empty if it is not known.
    pub operator: String,
    /// The region; empty if it is not known.
    pub region: String,
    /// The zone; empty if it is not known.
    pub zone: String,
}
