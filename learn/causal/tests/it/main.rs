//! Tests of the statistics, through the doors of the crate.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that fails should fail at once"
)]

mod bad_input;
mod curves;
mod intervals;
mod learners;
mod made_up;
mod off_policy;
mod policy;
#[allow(dead_code, reason = "the example uses the rest")]
mod real;
mod real_hillstrom;
mod scores;
