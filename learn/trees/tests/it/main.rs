//! Training and import through their public doors.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

mod bad_input;
mod bins;
mod booster;
mod lightgbm;
mod made_up;
