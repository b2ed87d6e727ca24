//! Mailings as they are stored. Times are milliseconds since 1970, UTC.

/// A mailing with how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailingRow {
    /// Its name.
    pub name: String,
    /// Its document, as it was sent.
    pub document: String,
    /// From 1; each change makes the next one.
    pub version: i64,
    /// `draft`, `running`, `paused`, `stopped` or `done`.
    pub state: String,
    /// Why it is in its state, if it came there by itself.
    pub reason: String,
    pub created_at: i64,
    pub changed_at: i64,
    pub started_at: Option<i64>,
    /// The versions of its templates when it was started, by name, as a JSON object.
    pub template_versions: String,
    /// Members of the frozen audience.
    pub audience: i64,
    /// The next number to plan.
    pub cursor: i64,
    /// Members of the audience who turned out to be one with another.
    pub merged: i64,
    /// True once everybody is planned.
    pub is_planned: bool,
}

/// The start of a mailing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailingStart {
    /// Its name.
    pub name: String,
    /// The version that was read; another one is not started.
    pub version: i64,
    /// The queue of its messages.
    pub queue: String,
    /// Messages a second at most.
    pub rate: Option<i64>,
    /// Among queues, a higher one goes first.
    pub priority: i64,
    /// The versions of its templates, by name, as a JSON object.
    pub template_versions: String,
    /// Members of the audience.
    pub audience: i64,
    /// The audience: for each 65,536 numbers that have members in it, their part and a bitmap.
    pub parts: Vec<(i64, Vec<u8>)>,
    /// When.
    pub at: i64,
}
