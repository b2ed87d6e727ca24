//! TOML text into JSON values, with numbers as they are written.

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use crate::problem::Problems;

/// Reads TOML text. Numbers keep their text: a decimal never passes through a float.
pub fn from_toml(text: &str) -> Result<Value, Problems> {
    let table = DeTable::parse(text).map_err(|error| Problems::of_document("not_toml", error.to_string()))?;
    Ok(converted_table(table.get_ref()))
}

fn converted_table(table: &DeTable<'_>) -> Value {
    let entries = table.iter().map(|(name, value)| (name.get_ref().to_string(), converted(value.get_ref())));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn converted(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) if integer.radix() == 10 => number(integer.as_str()),
        DeValue::Integer(integer) => Value::String(integer.to_string()),
        DeValue::Float(float) => number(float.as_str()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(values) => {
            Value::Array(values.iter().map(|value| converted(value.get_ref())).collect())
        }
        DeValue::Table(table) => converted_table(table),
    }
}

/// A number as written. A number that JSON does not have, such as `inf`, becomes a text, which readers of
/// numbers refuse.
fn number(text: &str) -> Value {
    let plain = text.trim_start_matches('+');
    plain.parse().map_or_else(|_| Value::String(plain.to_owned()), Value::Number)
}
