//! The log of events, and the members and visitors that they are about.

/// Source of the events about members themselves: `member_merged`, about the survivor, with the number `from` in its payload,
/// and `member_erased`, about nobody, with the number that it was.
pub const MEMBERS_SOURCE: &str = "members";

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A member by its number.
    Number(u32),
    /// A member by the retailer's id. It gets a number if it has none.
    Member(String),
    /// A visitor of a site; the member, if the visitor has said who it is.
    Visitor(String),
    /// Nobody that is known.
    Nobody,
}

/// An event to add to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Who tells it: `till`, `collect`, `messages`, `segments`, `chains`, or a name of the API's caller.
    pub source: String,
    /// Unique among the events of the source: a second one with the same id is not added.
    pub id: String,
    /// Whom it is about.
    pub subject: Subject,
    /// What happened, such as `purchase`.
    pub kind: String,
    /// When it happened.
    pub at: i64,
    /// When the host learned of it.
    pub received_at: i64,
    /// JSON object, whose keys depend on the kind.
    pub payload: String,
}

/// The outcome for an event that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// False if the log has an event with this source and id already; it stays as it is.
    pub is_new: bool,
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its number, from 1. Events that become visible later have higher numbers; there may be gaps.
    pub seq: i64,
    /// As in [`NewEvent::source`].
    pub source: String,
    /// As in [`NewEvent::id`].
    pub id: String,
    /// Number of the member, if known.
    pub number: Option<u32>,
    /// The visitor of a site, if it is one.
    pub visitor: Option<String>,
    /// As in [`NewEvent::kind`].
    pub kind: String,
    /// When it happened.
    pub at: i64,
    /// When the host learned of it.
    pub received_at: i64,
    /// JSON object.
    pub payload: String,
}

/// How far a reader of a log has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Position of the last row that it has read; 0 before it began.
    pub position: i64,
    /// Id of that row, where rows of the log may get other positions; else empty.
    pub mark: String,
}

/// A member with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedMember {
    /// The retailer's id.
    pub member_id: String,
    /// Its number, from 0, which is never given again.
    pub number: u32,
}
