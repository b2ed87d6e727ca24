//! Communications: what happens to members is kept as events, and what is said to them follows from it. It has a
//! database of its own, so that tills never wait for it.

pub mod attribution;
pub mod cause;
pub mod chains;
pub mod channels;
mod clocks;
pub mod collect;
pub mod consents;
pub mod erasure;
pub mod events;
pub mod feed;
pub mod hint;
pub mod in_app;
pub mod loops;
pub mod mailings;
pub mod mergers;
pub mod outbox;
pub mod people;
pub mod profile;
pub mod promises;
pub mod range_imports;
pub mod ranges;
pub mod read_ranges;
pub mod receipts;
pub mod rendering;
pub mod retention;
pub mod roles;
pub mod segments;
pub mod suppressions;
pub mod surveys;
mod survivors;
pub mod templates;
pub mod tracking;
pub mod values;
mod whom;
pub mod workers;
