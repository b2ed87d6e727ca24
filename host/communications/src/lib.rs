//! What is said to members, when, on which channel: rules, chains, policy, rendering. Pure: no IO, no clock.
//!
//! Instants are milliseconds since 1970 (UTC) and come in as data, as do time zones: the same input gives the same answer
//! on any machine.

#![deny(missing_docs)]

pub mod event;
pub mod member;

pub use event::Event;
pub use member::{Contacts, MemberNumber, Origin, Profile};
