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
    /// Reads a document whose values take at most `memory_bytes`.
    pub fn parse(text: String, memory_bytes: usize) -> Result<Self, Problems> {
        let value = parse_within(&text, memory_bytes)?;
        Ok(Self { text, value })
    }

    /// The digest of the text that was sent, see [`digest::of`].
    pub fn digest(&self) -> String {
        digest::of(self.text.as_bytes())
    }
}

/// Code of the problem of a document whose values would take too much memory.
pub const TOO_MANY_VALUES: &str = "too_many_values";

/// Reads JSON text. Every name that occurs twice in one object is a problem: one of its values would
/// be lost.
pub fn parse(text: &str) -> Result<Value, Problems> {
    parse_within(text, usize::MAX)
}

/// Reads JSON text from outside, whose values may take no more than about `memory_bytes`: small values take many times
/// the bytes of their text. A problem [`TOO_MANY_VALUES`] if they take more.
pub fn parse_within(text: &str, memory_bytes: usize) -> Result<Value, Problems> {
    value::read(text, memory_bytes).and_then(|(value, problems)| problems.or(value))
}

/// Reads JSON from bytes, which must be UTF-8, as [`parse_within`] does.
pub fn parse_bytes(bytes: &[u8], memory_bytes: usize) -> Result<Value, Problems> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))?;
    parse_within(text, memory_bytes)
}
