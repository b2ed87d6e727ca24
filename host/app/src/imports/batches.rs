//! The rows of an upload in batches. Consecutive rows of one member stay in one batch.

use std::path::Path;

use store::ImportProgress;
use wire::problem::Problems;

use super::errors::refused;
use super::upload::{Unreadable, UploadReader, UploadRow};
use super::{ImportKind, Options, attributes, coupons};
use crate::error::Error;

/// Rows of a batch: few, so that a till never waits long for the database.
const ROWS: usize = 200;
/// Rows of a batch of coupon codes, each of which is one short row of the database.
const ROWS_OF_CODES: usize = 1_000;
/// The most rows of a batch that grows to keep the rows of one member together.
const ROWS_MAX: usize = 2_000;
/// Bytes of a batch, so that large rows take little memory together.
const BYTES: i64 = 256 << 10;
/// The most bytes of a batch that grows so, before its last row.
const BYTES_MAX: i64 = 4 * BYTES;

pub(super) struct Batches {
    upload: UploadReader,
    kind: ImportKind,
    /// The first row of the next batch.
    ahead: Option<UploadRow>,
    /// Offset in bytes at which the last batch ended.
    ended_at: i64,
}

impl Batches {
    /// Opens an upload after the rows that are applied already. The values of a row take at most `memory_bytes`.
    pub(super) fn open(
        path: &Path,
        (kind, options): (ImportKind, &Options),
        done: ImportProgress,
        memory_bytes: usize,
    ) -> Result<Self, Error> {
        let open = || {
            let begin = (done.rows, done.bytes);
            let mut upload = UploadReader::open(path, options.format, columns(kind), begin, memory_bytes)?;
            let ahead = upload.next()?;
            Ok(Self { upload, kind, ahead, ended_at: done.bytes })
        };
        open().map_err(|error: Unreadable| match error {
            Unreadable::Io(error) => Error::internal(&error),
            Unreadable::Header(detail) => refused(Problems::of_document("missing_column", detail)),
        })
    }

    /// The next rows, and true if they are the last.
    pub(super) fn next(&mut self) -> std::io::Result<(Vec<UploadRow>, bool)> {
        let least = if self.kind == ImportKind::Coupons { ROWS_OF_CODES } else { ROWS };
        let mut rows: Vec<UploadRow> = Vec::with_capacity(least);
        while let Some(row) = self.ahead.take() {
            let ended_at = rows.last().map_or(self.ended_at, |last| last.ends_at);
            let bytes = ended_at.saturating_sub(self.ended_at);
            let is_full = rows.len() >= least || bytes >= BYTES;
            let is_overfull = rows.len() >= ROWS_MAX || bytes >= BYTES_MAX;
            if is_full && (!self.belongs(&rows, &row) || is_overfull) {
                self.ahead = Some(row);
                self.ended_at = ended_at;
                return Ok((rows, false));
            }
            rows.push(row);
            self.ahead = self.upload.next()?;
        }
        Ok((rows, true))
    }

    fn belongs(&self, rows: &[UploadRow], row: &UploadRow) -> bool {
        self.kind == ImportKind::Attributes
            && rows.last().is_some_and(|last| attributes::same_member(last, row))
    }
}

fn columns(kind: ImportKind) -> &'static [&'static str] {
    match kind {
        ImportKind::Attributes => attributes::COLUMNS,
        ImportKind::Coupons => coupons::COLUMNS,
        ImportKind::Members => &[],
    }
}
