//! Rows of NDJSON, each checked as it arrives, so that rows that are refused take no memory.

use serde_json::Value;
use wire::json;
use wire::problem::{Problem, Problems};

use crate::config::Limits;
use crate::error::Error;
use crate::stream::{ByteStream, Lines};

/// A long import logs its progress after so many rows.
const ROWS_A_NOTE: usize = 10_000;

/// The fate of the good rows of an upload with bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRows {
    /// All rows are refused; none is kept once one is bad.
    RefuseAll,
    /// The good ones are kept.
    LeaveOut,
}

/// The rows of an upload.
#[derive(Debug)]
pub struct ReadRows<T> {
    /// Number of the line, from 0, and the row on it. A blank line is not a row, but it is counted.
    pub rows: Vec<(usize, T)>,
    /// Number of all rows, the refused ones included.
    pub count: usize,
    /// Problems of the refused rows, with pointers into the upload.
    pub refused: Problems,
    /// The digest of the text that was sent.
    pub digest: String,
}

/// Reads rows to the end of the upload; `check` makes something of each, or says what is wrong with it. An error if a
/// row is not JSON, or there are too many.
pub async fn read<T>(
    body: ByteStream,
    limits: &Limits,
    bad_rows: BadRows,
    mut check: impl FnMut(usize, Value) -> Result<T, Problems>,
) -> Result<ReadRows<T>, Error> {
    let mut lines = Lines::new(body, limits.import_bytes, limits.row_bytes);
    let (mut rows, mut refused, mut malformed) = (Vec::new(), Problems::default(), Problems::default());
    let mut count = 0_usize;
    for number in 0_usize.. {
        let Some(line) = lines.next().await? else { break };
        if number > 0 && number.is_multiple_of(ROWS_A_NOTE) {
            tracing::info!(rows = number, "rows read");
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        count = count.saturating_add(1);
        let checked = match json::parse_bytes(&line, limits.document_memory_bytes) {
            Ok(row) if malformed.is_empty() => check(number, row),
            Ok(_) => continue,
            Err(found) => {
                malformed.append(found.in_row(number));
                rows = Vec::new();
                continue;
            }
        };
        match checked {
            Ok(_) if bad_rows == BadRows::RefuseAll && !refused.is_empty() => {}
            Ok(row) if rows.len() < limits.import_rows => rows.push((number, row)),
            Ok(_) => {
                refused.push(too_many(number, limits.import_rows));
                drop(rows);
                return Err(end(lines, refused).await);
            }
            Err(found) => {
                refused.append(found);
                if bad_rows == BadRows::RefuseAll {
                    rows = Vec::new();
                }
            }
        }
    }
    malformed.or(()).map_err(Error::of_json)?;
    Ok(ReadRows { rows, count, refused, digest: lines.digest() })
}

/// Reads the rest, since a sender reads the answer only after it has sent everything, and returns the refusal.
async fn end(mut lines: Lines, problems: Problems) -> Error {
    while let Ok(Some(_)) = lines.next().await {}
    Error::Refused { code: "import_refused", what: "the import has problems", problems }
}

fn too_many(number: usize, most: usize) -> Problem {
    Problem {
        pointer: format!("/{number}"),
        code: "too_many_rows".into(),
        detail: format!("an upload has at most {most} rows here (limits.import_rows); send it in parts"),
    }
}
