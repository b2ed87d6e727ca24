//! Text to JSON values: JSON with duplicate names refused, and TOML.

mod from_toml;
mod value;

use serde_json::Value;

use super::digest;
use super::problem::Problems;
pub use from_toml::from_toml;

/// One JSON document.
#[derive(Debug)]
pub struct Document {
    /// The text that was sent.
    pub text: String,
    /// The value of the text.
    pub value: Value,
}

impl Document {
    /// Reads a document.
    pub fn parse(text: String) -> Result<Self, Problems> {
        let value = parse(&text)?;
        Ok(Self { text, value })
    }

    /// The digest of the text that was sent, see [`digest::of`].
    pub fn digest(&self) -> String {
        digest::of(self.text.as_bytes())
    }
}

/// Rows of NDJSON. A blank line is not a row, but it is counted.
#[derive(Debug)]
pub struct Rows {
    /// Number of the line, from 0, and the row on it.
    pub rows: Vec<(usize, Value)>,
    /// The digest of the text that was sent, see [`digest::of`].
    pub digest: String,
}

/// Reads JSON text. Every name that occurs twice in one object is a problem: one of its values would
/// be lost.
pub fn parse(text: &str) -> Result<Value, Problems> {
    let not_json = |error: serde_json::Error| Problems::of_document("not_json", error.to_string());
    let (value, duplicates) = value::read(text).map_err(not_json)?;
    if duplicates.is_empty() { Ok(value) } else { Err(Problems(duplicates)) }
}

/// Reads JSON from bytes, which must be UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Value, Problems> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))?;
    parse(text)
}
