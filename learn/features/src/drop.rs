//! Receipts from files that a data warehouse drops: CSV or Parquet.

mod group;
mod rows;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::calendar::Zone;
use crate::error::FeaturesError;
use crate::tiles::digest_of;
use crate::writer::Writer;
use group::Group;

/// The most rows of a file.
const MOST_ROWS: u64 = 100_000_000;

/// Columns of a file of receipts, a row for each line of a receipt, and whether a file may do without.
///
/// `at` is `2026-01-05T10:15:00+01:00`, the same without an offset (a time of the chain's zone), or a date.
/// Amounts are decimals with at most two places, quantities with at most three. Points are those earned less
/// those spent. Lines of goods that came back are below zero.
pub const DROP_COLUMNS: [(&str, bool); 11] = [
    ("receipt", true),
    ("member", true),
    ("at", true),
    ("quantity", true),
    ("spent", true),
    ("discount", false),
    ("points", false),
    ("outlet", false),
    ("outlet_kind", false),
    ("category_1", false),
    ("category_2", false),
];

/// What was taken from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileTaken {
    /// All rows that were read.
    pub rows: u64,
    /// Receipts of members.
    pub receipts: u64,
    /// Receipts of nobody known, which no tile tells of.
    pub of_nobody: u64,
}

/// The files of receipts in a folder (`.csv`, `.csv.gz`, `.parquet`), by name; others and those whose name begins with a dot
/// are passed over.
///
/// # Errors
///
/// The folder cannot be read.
pub fn dropped(folder: &Path) -> Result<Vec<PathBuf>, FeaturesError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(FeaturesError::file(folder))? {
        let path = entry.map_err(FeaturesError::file(folder))?.path();
        let name = name_of(&path);
        let wanted = [".csv", ".csv.gz", ".parquet"].iter().any(|end| name.ends_with(end));
        if wanted && !name.starts_with('.') && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Writer<'_> {
    /// Adds the receipts of a file, see [`DROP_COLUMNS`]. Lines of a receipt stand together.
    ///
    /// # Errors
    ///
    /// The file was taken before, cannot be read, lacks a column, has one that is not known or of another type, or
    /// a row is wrong. The writer is then to be dropped.
    pub fn file(&mut self, path: &Path, zone: Zone) -> Result<FileTaken, FeaturesError> {
        let name = name_of(path);
        self.take(&name, digest_of(path)?)?;
        let file = File::open(path).map_err(FeaturesError::file(path))?;
        let mut group = Group::new(&name, zone);
        let mut each = |row: u64, fields: &rows::Fields<'_>| -> Result<(), FeaturesError> {
            let refused = |why: String| FeaturesError::input(&name, row, why);
            if row > MOST_ROWS {
                return Err(refused(format!("a file has at most {MOST_ROWS} rows; divide it")));
            }
            group.row(self, fields).map_err(|error| match error {
                group::RowError::Wrong(why) => refused(why),
                group::RowError::Unwritable(error) => error,
            })
        };
        if name.ends_with(".parquet") {
            rows::parquet(&name, file, &mut each)?;
        } else if name.ends_with(".gz") {
            rows::csv(&name, flate2::read::MultiGzDecoder::new(file), &mut each)?;
        } else {
            rows::csv(&name, file, &mut each)?;
        }
        group.end(self)
    }
}
