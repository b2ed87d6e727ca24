//! Communications: what happens to members is kept as events, and what is said to them follows from it. It has a
//! database of its own, so that tills never wait for it.

mod clocks;
pub mod consents;
pub mod erasure;
pub mod events;
pub mod feed;
pub mod mergers;
pub mod people;
pub mod profile;
pub mod ranges;
pub mod promises;
pub mod range_imports;
pub mod rendering;
pub mod retention;
pub mod roles;
pub mod segments;
pub mod suppressions;
pub mod templates;
pub mod values;
mod whom;
pub mod workers;
