//! The scenario of a simulation.

use crate::event::Event;
use crate::quiet_hours::QuietHours;

/// An event of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventOf {
    /// The member's number in the simulation.
    pub member: u32,
    /// Source and id.
    pub id: (String, String),
    /// The event.
    pub event: Event,
}

/// The assumption about reactions to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reactions {
    /// Nobody.
    None,
    /// Everybody, a minute after the chain begins to wait for it.
    All,
}

/// The scenario of a simulation.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the chain.
    pub chain: String,
    /// First moment, in milliseconds since 1970. Events before it only count as earlier ones.
    pub from: i64,
    /// The moment after the last.
    pub to: i64,
    /// The assumption about reactions.
    pub reactions: Reactions,
    /// How long after an entry a purchase counts as one that would have been made anyway, in milliseconds.
    pub window: i64,
    /// Hours in which nothing is sent.
    pub quiet: Option<QuietHours>,
    /// Write down what is done when; for a few members only.
    pub trace: bool,
}
