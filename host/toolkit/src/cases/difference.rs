//! A difference between a case and its answer.

use std::fmt;

use serde::Serialize;

/// A place where an answer is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The line, total or proposal, for people.
    pub place: String,
    /// The value that the case expects.
    pub expected: String,
    /// The value that was found.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}, got {}", self.place, self.expected, self.got)
    }
}
