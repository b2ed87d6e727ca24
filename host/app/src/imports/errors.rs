//! What is wrong with rows, in the numbers that people count rows by.

use store::ImportError;
use wire::problem::{Problem, Problems};

use crate::error::Error;

/// Where a row stands: both from 1; the header of a CSV file is a line, but no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowPlace {
    pub(super) row: i64,
    pub(super) line: i64,
}

impl RowPlace {
    /// The row in a JSON pointer, where the first one is 0.
    pub(super) fn index(self) -> i64 {
        self.row.saturating_sub(1)
    }
}

/// A problem with a row, to be kept with the import; the pointer is that within the row.
pub(super) fn of_row(place: RowPlace, is_error: bool, problem: &Problem) -> ImportError {
    ImportError {
        row: place.row,
        line: place.line,
        is_error,
        pointer: format!("/{}{}", place.index(), problem.pointer),
        code: problem.code.clone().into_owned(),
        detail: problem.detail.clone(),
    }
}

/// Refuses an upload as a whole.
pub(super) fn refused(problems: Vec<Problem>) -> Error {
    Error::Refused { code: "import_refused", what: "the import has problems", problems: Problems(problems) }
}
