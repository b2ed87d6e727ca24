//! Problems of rows, with the numbers by which people count rows and lines.

use store::ImportError;
use wire::problem::{Problem, Problems};

use crate::error::Error;

/// The place of a row in its file: row and line, both from 1. The header of a CSV file is a line, but no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowPlace {
    pub(super) row: i64,
    pub(super) line: i64,
}

impl RowPlace {
    /// The number of the row in a JSON pointer, from 0.
    pub(super) fn index(self) -> i64 {
        self.row.saturating_sub(1)
    }
}

/// A problem of a row, as it is stored with the import. `problem.pointer` is relative to the row.
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

/// The error of an upload that is refused as a whole.
pub(super) fn refused(problems: Problems) -> Error {
    Error::Refused { code: "import_refused", what: "the import has problems", problems }
}
