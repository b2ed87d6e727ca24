//! Text to JSON values: JSON with duplicate names refused, and TOML.

mod duplicates;
mod from_toml;

use serde_json::Value;

use super::problem::Problems;
pub use from_toml::from_toml;

/// Reads JSON text. A name that occurs twice in one object is a problem: one of the two would
/// silently be lost.
pub fn parse(text: &str) -> Result<Value, Problems> {
    let not_json = |error: serde_json::Error| Problems::of_document("not_json", error.to_string());
    let value = serde_json::from_str(text).map_err(not_json)?;
    let duplicates = duplicates::find(text).map_err(not_json)?;
    if duplicates.is_empty() { Ok(value) } else { Err(Problems(duplicates)) }
}

/// Reads JSON from bytes, which must be UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Value, Problems> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))?;
    parse(text)
}
