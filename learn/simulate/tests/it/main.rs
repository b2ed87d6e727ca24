//! Tests of the simulator through its public door.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails should fail at once"
)]

mod coverage;
mod draws;
mod drive;
mod files;
mod settings;
mod truth;
