//! Messages to members, their times and channels: rules, chains, policy, rendering. Pure: no IO, no clock.
//!
//! Instants are milliseconds since 1970 (UTC) and come in as data, as do time zones: the same input gives the same answer
//! on any machine.

#![deny(missing_docs)]

pub mod attribution;
pub mod bounces;
pub mod chains;
pub mod contacts;
pub mod event;
pub mod local_time;
pub mod mailing;
pub mod member;
pub mod policy;
pub mod quiet_hours;
pub mod receipts;
pub mod rfm;
pub mod segments;
pub mod severity;
pub mod sms;
pub mod surveys;
pub mod templates;
pub mod tokens;
pub mod verdict;

pub use event::Event;
pub use member::{Contacts, MemberNumber, Origin, Profile};
