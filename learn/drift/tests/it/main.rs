//! Tests of drift through its public door.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

mod stability;
mod uplift;
