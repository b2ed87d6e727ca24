//! The rows of an upload, from any row on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde_json::Value;
use wire::json;
use wire::problem::{Problem, Problems};

use super::Format;
use super::errors::RowPlace;

/// A row, and the offset in bytes at which the next one begins.
pub(super) struct UploadRow {
    pub(super) place: RowPlace,
    pub(super) ends_at: i64,
    /// The row as an object; the fields of a CSV row are texts, by the names of their columns.
    pub(super) content: Result<Value, Problems>,
}

/// Columns of a CSV file that are read: each is a value of every row.
const COLUMNS_MAX: usize = 256;

/// An upload that is read row by row.
pub(super) struct UploadReader {
    /// The most bytes of memory that the values of a row take.
    memory_bytes: usize,
    rows: Rows,
    row: i64,
    line: i64,
    offset: u64,
}

enum Rows {
    Csv { reader: csv::Reader<BufReader<File>>, columns: Vec<String> },
    Ndjson(BufReader<File>),
}

/// An upload that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Header(String),
}

impl UploadReader {
    /// Opens an upload after a number of rows and bytes.
    pub(super) fn open(
        path: &Path,
        format: Format,
        columns: &[&str],
        (rows, bytes): (i64, i64),
        memory_bytes: usize,
    ) -> Result<Self, Unreadable> {
        let mut offset = u64::try_from(bytes).unwrap_or(0);
        let mut line = lines_before(path, offset)?;
        let rows_of_file = match format {
            Format::Ndjson => Rows::Ndjson(open_at(path, offset)?),
            Format::Csv => {
                let (header, header_end, header_lines) = header(path, columns)?;
                if offset < header_end {
                    (offset, line) = (header_end, header_lines);
                }
                let reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .from_reader(open_at(path, offset)?);
                Rows::Csv { reader, columns: header }
            }
        };
        Ok(Self { memory_bytes, rows: rows_of_file, row: rows, line, offset })
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self) -> std::io::Result<Option<UploadRow>> {
        match &mut self.rows {
            Rows::Csv { reader, columns } => {
                let mut record = csv::ByteRecord::new();
                if !reader.read_byte_record(&mut record).map_err(std::io::Error::other)? {
                    return Ok(None);
                }
                self.row = self.row.saturating_add(1);
                let begins = record.position().map_or(1, csv::Position::line);
                let line = self.line.saturating_add(i64::try_from(begins).unwrap_or(i64::MAX));
                let end = self.offset.saturating_add(reader.position().byte());
                Ok(Some(UploadRow {
                    place: RowPlace { row: self.row, line },
                    ends_at: i64::try_from(end).unwrap_or(i64::MAX),
                    content: object(&record, columns),
                }))
            }
            Rows::Ndjson(reader) => {
                let mut text = Vec::new();
                loop {
                    text.clear();
                    let read = reader.read_until(b'\n', &mut text)?;
                    if read == 0 {
                        return Ok(None);
                    }
                    self.offset = self.offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
                    self.line = self.line.saturating_add(1);
                    if !text.trim_ascii().is_empty() {
                        break;
                    }
                }
                self.row = self.row.saturating_add(1);
                Ok(Some(UploadRow {
                    place: RowPlace { row: self.row, line: self.line },
                    ends_at: i64::try_from(self.offset).unwrap_or(i64::MAX),
                    content: parse(text, self.memory_bytes),
                }))
            }
        }
    }
}

fn open_at(path: &Path, offset: u64) -> std::io::Result<BufReader<File>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(BufReader::with_capacity(64 << 10, file))
}

fn lines_before(path: &Path, offset: u64) -> std::io::Result<i64> {
    let mut reader = BufReader::new(File::open(path)?).take(offset);
    let (mut lines, mut buffer) = (0_i64, Vec::new());
    while reader.read_until(b'\n', &mut buffer)? > 0 {
        lines = lines.saturating_add(1);
        buffer.clear();
    }
    Ok(lines)
}

/// The columns of a CSV file, the offset in bytes of its first row, and the number of lines before it.
fn header(path: &Path, wanted: &[&str]) -> Result<(Vec<String>, u64, i64), Unreadable> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_path(path)
        .map_err(|error| Unreadable::Io(std::io::Error::other(error)))?;
    let mut record = csv::ByteRecord::new();
    let found = reader.read_byte_record(&mut record).map_err(std::io::Error::other)?;
    let columns: Vec<String> =
        record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    if columns.len() > COLUMNS_MAX {
        let count = columns.len();
        return Err(Unreadable::Header(format!(
            "the first line names {count} columns; at most {COLUMNS_MAX} are read"
        )));
    }
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|wanted| !columns.iter().any(|column| column == wanted)).collect();
    if !found || !missing.is_empty() {
        let (wanted, missing) = (wanted.join(","), missing.join(", "));
        let separator = match columns.iter().any(|column| column.contains(';')) {
            true => "; commas separate the columns, not semicolons",
            false => "",
        };
        return Err(Unreadable::Header(format!(
            "the first line must name the columns {wanted}; missing: {missing}{separator}"
        )));
    }
    let lines = i64::try_from(reader.position().line()).unwrap_or(i64::MAX).saturating_sub(1);
    Ok((columns, reader.position().byte(), lines))
}

fn object(record: &csv::ByteRecord, columns: &[String]) -> Result<Value, Problems> {
    if record.len() != columns.len() {
        let detail = format!("has {} fields where the header has {} columns", record.len(), columns.len());
        return Err(Problems::of_document("wrong_field_count", detail));
    }
    let field = |(name, value): (&String, &[u8])| match std::str::from_utf8(value) {
        Ok(text) => Ok((name.clone(), Value::from(text))),
        Err(error) => Err(Problems::from(Problem {
            pointer: format!("/{name}"),
            code: "not_utf8".into(),
            detail: format!("is not UTF-8: {error}"),
        })),
    };
    columns.iter().zip(record.iter()).map(field).collect::<Result<_, _>>().map(Value::Object)
}

fn parse(text: Vec<u8>, memory_bytes: usize) -> Result<Value, Problems> {
    let text = String::from_utf8(text)
        .map_err(|error| Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))?;
    json::parse_within(text.trim_end(), memory_bytes)
}
