//! A difference between a case and its answer.

use std::fmt;

use serde::Serialize;

/// Something that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which line, total or proposal.
    pub place: String,
    /// What should be there.
    pub expected: String,
    /// What is.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}, got {}", self.place, self.expected, self.got)
    }
}
