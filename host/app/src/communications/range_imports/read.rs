//! Ranges as they are sent: CSV with a header, or NDJSON, a row a range.

use std::io::Read as _;

use communications::contacts::{NumberRange, RANGES_MAX};
use serde_json::{Map, Value};
use wire::json;
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Object, Report};

use super::{refused, too_many};
use crate::config::Limits;
use crate::error::Error;
use crate::stream::{ByteStream, Lines};

/// Columns of CSV, and keys of NDJSON. The first two are needed.
const COLUMNS: [&str; 5] = ["first", "last", "operator", "region", "zone"];
/// Bytes of a row at most.
const ROW_BYTES: usize = 4_096;

/// Reads all rows to the end. Refused as a whole, with every problem up to a hundred.
pub(super) async fn all(body: ByteStream, is_csv: bool, limits: &Limits) -> Result<Vec<NumberRange>, Error> {
    let mut lines = Lines::new(body, limits.import_bytes, ROW_BYTES);
    let (mut ranges, mut problems) = (Vec::new(), Problems::default());
    let mut header = None;
    for number in 0_usize.. {
        let Some(line) = lines.next().await? else { break };
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let row = match (is_csv, &header) {
            (false, _) => json::parse_bytes(line, limits.document_memory_bytes).map_err(Error::of_json)?,
            (true, Some(header)) => row_of_csv(line, header),
            (true, None) => {
                match Header::read(line) {
                    Ok(read) => header = Some(read),
                    Err(detail) => problems.append(Problems::of_document("missing_column", detail)),
                }
                // Without a header no row can be read.
                if header.is_none() {
                    break;
                }
                continue;
            }
        };
        match range(&row) {
            Ok(_) if ranges.len() >= RANGES_MAX => return Err(end(lines, too_many()).await),
            Ok(range) => ranges.push(range),
            Err(found) => problems.append(found.in_row(number)),
        }
    }
    if problems.is_empty() { Ok(ranges) } else { Err(end(lines, refused(problems)).await) }
}

/// Reads the rest, since a sender reads the answer only after it has sent everything, and returns the refusal.
async fn end(mut lines: Lines, error: Error) -> Error {
    while let Ok(Some(_)) = lines.next().await {}
    error
}

/// The columns of a table, and what stands between them.
struct Header {
    columns: Vec<String>,
    delimiter: u8,
}

impl Header {
    fn read(line: &[u8]) -> Result<Self, String> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let delimiter = if line.contains(&b';') && !line.contains(&b',') { b';' } else { b',' };
        let columns = fields(line, delimiter);
        let missing = COLUMNS.iter().take(2).find(|column| !columns.iter().any(|name| name == *column));
        let unknown = columns.iter().find(|name| !COLUMNS.contains(&name.as_str()));
        match (missing, unknown) {
            (Some(column), _) => Err(format!(
                "the first line must name the columns, with `{column}` among them: {}",
                COLUMNS.join(",")
            )),
            (None, Some(name)) => Err(format!("there is no column `{name}`, only {}", COLUMNS.join(","))),
            (None, None) => Ok(Self { columns, delimiter }),
        }
    }
}

/// A line of CSV as NDJSON would have it. Empty fields are left out.
fn row_of_csv(line: &[u8], header: &Header) -> Value {
    let fields = fields(line, header.delimiter);
    let named = header.columns.iter().cloned().zip(fields).filter(|(_, value)| !value.is_empty());
    Value::Object(named.map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>())
}

fn fields(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(line.take(u64::MAX));
    let mut record = csv::ByteRecord::new();
    // A line in memory cannot fail to be read; what is not UTF-8 is told by its value.
    let _ = reader.read_byte_record(&mut record);
    record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect()
}

fn range(row: &Value) -> Result<NumberRange, Problems> {
    let report = Report::of_new();
    let read = fields_of_range(report.root(row));
    let (range, _) = report.finish(read)?;
    range.check().map_err(|problem| {
        Problems::from(Problem {
            pointer: String::new(),
            code: "wrong_number_range".into(),
            detail: problem.to_string(),
        })
    })?;
    Ok(range)
}

fn fields_of_range(node: Node<'_, '_>) -> Option<NumberRange> {
    let row = node.object()?;
    let (first, last) = (number(&row, "first"), number(&row, "last"));
    let [operator, region, zone] = ["operator", "region", "zone"].map(|name| match row.field(name) {
        None => Some(String::new()),
        Some(value) => value.text().map(str::to_owned),
    });
    row.refuse_unknown();
    Some(NumberRange { first: first?, last: last?, operator: operator?, region: region?, zone: zone? })
}

/// A number with the code of its country, with or without `+`.
fn number<'r>(row: &Object<'_, 'r>, name: &'r str) -> Option<u64> {
    let node = row.required(name)?;
    let text = node.id()?;
    match text.strip_prefix('+').unwrap_or(&text).parse() {
        Ok(number) => Some(number),
        Err(_) => node.refuse(
            "not_a_number",
            format!("`{text}` is no number with the code of its country, such as 79160000000"),
        ),
    }
}
