//! Templates of messages, surveys, and what messages have promised.

/// A kind of document of which every version is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioned {
    /// Templates of messages.
    Templates,
    /// Surveys.
    Surveys,
}

/// A version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Name of the document.
    pub name: String,
    /// From 1.
    pub version: i64,
    /// SHA-256 of the document, in hexadecimal digits.
    pub digest: String,
    /// The document as JSON text.
    pub document: String,
    /// When it was put, in milliseconds since 1970.
    pub created_at: i64,
}

/// An offer that a message has promised to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromiseRow {
    /// Id of the message.
    pub message_id: String,
    /// External id of the offer.
    pub offer: String,
    /// Number of the member.
    pub number: u32,
    /// Version of the offer.
    pub offer_version: i64,
    /// What it gave on the goods that were priced, in minor units.
    pub discount: i64,
    /// Likewise in points, in their smallest step.
    pub points: i64,
    /// When it was priced, in milliseconds since 1970.
    pub granted_at: i64,
    /// The offer's end in milliseconds since 1970; `None` if it has none.
    pub ends_at: Option<i64>,
}

/// Promises of an offer whose end is not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenPromises {
    /// How many there are.
    pub count: i64,
    /// To how many members.
    pub members: i64,
    /// How many of them have no end.
    pub without_end: i64,
    /// The latest end of the others, in milliseconds since 1970.
    pub last_end: Option<i64>,
}

/// The address of a survey's page that a message brought to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyLink {
    /// The secret part of the address.
    pub token: String,
    /// Name of the survey.
    pub survey: String,
    /// Version of the survey.
    pub version: i64,
    /// Number of the member.
    pub number: u32,
    /// Id of the message.
    pub message_id: String,
    /// The member's language; empty if it is not known.
    pub language: String,
    /// In milliseconds since 1970.
    pub created_at: i64,
}
