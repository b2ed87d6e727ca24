//! Plans against a solver of linear programs, against all plans there are, and against bad input.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

mod budget;
mod caps;
mod errors;
mod exploration;
mod oracle;
