//! Tests of the crate through its public doors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it should be"
)]

#[path = "../../examples/completejourney/data.rs"]
mod data;
mod files;
mod ranks;
mod real;
mod world;
