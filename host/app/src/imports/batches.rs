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

pub(super) struct Batches {
    upload: UploadReader,
    kind: ImportKind,
    /// The first row of the next batch.
    ahead: Option<UploadRow>,
}

impl Batches {
    /// Opens an upload after the rows that are applied already.
    pub(super) fn open(
        path: &Path,
        (kind, options): (ImportKind, &Options),
        done: ImportProgress,
    ) -> Result<Self, Error> {
        let open = || {
            let mut upload = UploadReader::open(path, options.format, columns(kind), done.rows, done.bytes)?;
            let ahead = upload.next()?;
            Ok(Self { upload, kind, ahead })
        };
        open().map_err(|error: Unreadable| match error {
            Unreadable::Io(error) => Error::internal(&error),
            Unreadable::Header(detail) => refused(Problems::of_document("missing_column", detail).0),
        })
    }

    /// The next rows, and true if they are the last.
    pub(super) fn next(&mut self) -> std::io::Result<(Vec<UploadRow>, bool)> {
        let least = if self.kind == ImportKind::Coupons { ROWS_OF_CODES } else { ROWS };
        let mut rows: Vec<UploadRow> = Vec::with_capacity(least);
        while let Some(row) = self.ahead.take() {
            if rows.len() >= least && (!self.belongs(&rows, &row) || rows.len() >= ROWS_MAX) {
                self.ahead = Some(row);
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
