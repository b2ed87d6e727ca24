//! Forests through their public doors.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

mod format;
mod limits;
mod made_up;
mod score;
