//! Audiences, and lists of their members.

use super::Revision;

/// The definition of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Its name.
    pub name: String,
    /// A title to show to people.
    pub title: Option<String>,
    /// JSON: the rule of a computed audience. An audience without one is uploaded as lists.
    pub rule: Option<String>,
    /// The revision that wrote it; ignored on the way in.
    pub revision: Revision,
}

/// A member as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedMember {
    /// By the member's id.
    Id(String),
    /// By kind and value of an identifier.
    Identifier(String, String),
}

/// How a list changes its audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListEffect {
    /// Its members are added.
    Add,
    /// Its members are removed.
    Remove,
    /// Its members replace all others.
    Replace,
}
