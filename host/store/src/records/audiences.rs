//! Audiences, and lists of their members.

use super::Revision;

/// The definition of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// The rule of a computed audience, JSON; an audience without one is uploaded.
    pub rule: Option<String>,
    /// The revision that wrote it; ignored on the way in.
    pub revision: Revision,
}

/// A member that is named for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedMember {
    /// By the member's id.
    Id(String),
    /// By kind and value of an identifier.
    Identifier(String, String),
}

/// What a list does to its audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListEffect {
    /// Its members come to those before.
    Add,
    /// Its members go.
    Remove,
    /// Its members are all there are.
    Replace,
}
