//! A CSV file, packed with gzip or not, read whole.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use crate::output::hex;
use crate::refused::{Refused, nearest, refuse};

/// Most fields (rows times columns that are read) of one file. It bounds memory: training needs about 20
/// bytes for each.
const MOST_FIELDS: usize = 100_000_000;

/// One column as text.
pub struct Column {
    pub name: String,
    text: String,
    ends: Vec<usize>,
}

impl Column {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), text: String::new(), ends: Vec::new() }
    }

    fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
    }

    /// The values from the first row on; an empty one is missing.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }
}

/// The columns that were asked for, in that order.
pub struct Table {
    /// File name, for messages.
    pub file: String,
    pub columns: Vec<Column>,
    /// Line of the file on which each row begins; the heading is on line 1.
    pub lines: Vec<u64>,
    /// SHA-256 of the file as it lies there.
    pub sha256: String,
}

impl Table {
    /// Reads these columns of a file.
    ///
    /// # Errors
    ///
    /// No such file; a column that it lacks or has twice; a row with more or fewer fields than the heading; a
    /// broken gzip stream; bytes that are not UTF-8; no rows; more than [`MOST_FIELDS`].
    pub fn read(path: &Path, names: &[String]) -> Result<Self, Refused> {
        let file = file_name(path);
        let opened = File::open(path)
            .map_err(|error| Refused(format!("{}: cannot be opened: {error}", path.display())))?;
        let mut source = BufReader::new(Hashing { file: opened, digest: Sha256::new() });
        let packed = source.fill_buf().map_err(|error| broken(&file, &error))?.starts_with(&[0x1f, 0x8b]);
        let mut table = Self { file, columns: Vec::new(), lines: Vec::new(), sha256: String::new() };
        if packed {
            table.take(MultiGzDecoder::new(&mut source), names)?;
        } else {
            table.take(&mut source, names)?;
        }
        io::copy(&mut source, &mut io::sink()).map_err(|error| broken(&table.file, &error))?;
        table.sha256 = hex(&source.into_inner().digest.finalize());
        Ok(table)
    }

    fn take(&mut self, source: impl Read, names: &[String]) -> Result<(), Refused> {
        let mut reader = csv::ReaderBuilder::new().from_reader(source);
        let headings = reader.headers().map_err(|error| self.refusal(&error))?.clone();
        if headings.is_empty() {
            refuse!("{}: the file is empty; its first line must name the columns", self.file);
        }
        self.check_separator(&headings)?;
        let places =
            names.iter().map(|name| place(&self.file, &headings, name)).collect::<Result<Vec<_>, _>>()?;
        self.columns = names.iter().map(|name| Column::new(name)).collect();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| self.refusal(&error))? {
            self.lines.push(record.position().map_or(0, csv::Position::line));
            for (column, place) in self.columns.iter_mut().zip(&places) {
                column.push(record.get(*place).unwrap_or_default().trim());
            }
            if self.lines.len().saturating_mul(names.len()) > MOST_FIELDS {
                refuse!(
                    "{}: more than {MOST_FIELDS} fields in the {} columns that are read; take a sample of \
                     members, or fewer features",
                    self.file,
                    names.len()
                );
            }
        }
        if self.lines.is_empty() {
            refuse!("{}: there are no rows below the heading", self.file);
        }
        Ok(())
    }

    /// A heading of one field that holds another usual separator is that of a file with that separator.
    fn check_separator(&self, headings: &csv::StringRecord) -> Result<(), Refused> {
        let only = headings.get(0).filter(|_| headings.len() == 1).unwrap_or_default();
        for (separator, name) in [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")] {
            if only.contains(separator) {
                refuse!(
                    "{}, line 1: the columns are separated by {name}; save the file with commas (and with points in \
                     numbers)",
                    self.file
                );
            }
        }
        Ok(())
    }

    fn refusal(&self, error: &csv::Error) -> Refused {
        match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => Refused(format!(
                "{}, line {}: {len} fields where the heading has {expected_len}; the file may have been cut, or a \
                 text with a comma needs quotes",
                self.file,
                pos.as_ref().map_or(0, csv::Position::line)
            )),
            csv::ErrorKind::Utf8 { pos, .. } => Refused(format!(
                "{}, line {}: the text is not UTF-8; save the file as UTF-8",
                self.file,
                pos.as_ref().map_or(0, csv::Position::line)
            )),
            csv::ErrorKind::Io(error) => broken(&self.file, error),
            _ => Refused(format!("{}: {error}", self.file)),
        }
    }

    /// Where row `row` is, for messages.
    pub fn at(&self, row: usize) -> String {
        format!("{}, line {}", self.file, self.lines.get(row).copied().unwrap_or(0))
    }

    /// Takes away the rows that are not to be kept.
    pub fn keep(&mut self, kept: &[bool]) {
        if kept.iter().all(|kept| *kept) {
            return;
        }
        for column in &mut self.columns {
            let mut rest = Column::new(&column.name);
            column.values().zip(kept).filter(|(_, kept)| **kept).for_each(|(value, _)| rest.push(value));
            *column = rest;
        }
        let mut kept = kept.iter();
        self.lines.retain(|_| kept.next().copied().unwrap_or(false));
    }

    /// The column of that name; one that was not asked for is empty.
    pub fn take_column(&mut self, name: &str) -> Column {
        match self.columns.iter().position(|column| column.name == name) {
            Some(place) => self.columns.remove(place),
            None => Column::new(name),
        }
    }
}

fn broken(file: &str, error: &io::Error) -> Refused {
    Refused(format!(
        "{file}: the file cannot be read to its end ({error}); it was probably cut while it was copied"
    ))
}

fn place(file: &str, headings: &csv::StringRecord, name: &str) -> Result<usize, Refused> {
    let headings = || headings.iter().map(|heading| heading.trim_start_matches('\u{feff}').trim());
    let mut places = headings().enumerate().filter(|(_, heading)| *heading == name).map(|(place, _)| place);
    let Some(place) = places.next() else {
        refuse!("{file}: there is no column \"{name}\"{}", nearest(name, headings()));
    };
    if places.next().is_some() {
        refuse!("{file}: two columns are called \"{name}\"; rename one");
    }
    Ok(place)
}

/// The last part of a path.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A file that is hashed as it is read.
struct Hashing {
    file: File,
    digest: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(into)?;
        self.digest.update(into.get(..length).unwrap_or_default());
        Ok(length)
    }
}
