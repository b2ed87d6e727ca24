//! TOML text into JSON values, with numbers as they are written.

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::value::{is_reserved, reserved};
use crate::pointer::{Place, ReferenceToken};
use crate::problem::Problems;

/// Reads TOML text. Numbers keep their text: a decimal never passes through a float.
pub fn from_toml(text: &str) -> Result<Value, Problems> {
    let table = DeTable::parse(text).map_err(|error| Problems::of_document("not_toml", error.to_string()))?;
    let mut problems = Problems::default();
    let value = converted_table(table.get_ref(), Place::ROOT, &mut problems);
    problems.or(value)
}

fn converted_table(table: &DeTable<'_>, place: Place<'_>, problems: &mut Problems) -> Value {
    let mut fields = Map::new();
    for (name, value) in table {
        let name = name.get_ref();
        let place = place.below(ReferenceToken::Name(name));
        if is_reserved(name) {
            problems.push_with(|| reserved(place.pointer()));
        }
        fields.insert(name.to_string(), converted(value.get_ref(), place, problems));
    }
    Value::Object(fields)
}

fn converted(value: &DeValue<'_>, place: Place<'_>, problems: &mut Problems) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) if integer.radix() == 10 => number(integer.as_str()),
        DeValue::Integer(integer) => Value::String(integer.to_string()),
        DeValue::Float(float) => number(float.as_str()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(values) => {
            let entries = values.iter().enumerate().map(|(index, value)| {
                converted(value.get_ref(), place.below(ReferenceToken::Index(index)), problems)
            });
            Value::Array(entries.collect())
        }
        DeValue::Table(table) => converted_table(table, place, problems),
    }
}

/// A number as written. A number that JSON does not have, such as `inf`, becomes a text, which readers of
/// numbers refuse.
fn number(text: &str) -> Value {
    let plain = text.trim_start_matches('+');
    plain.parse().map_or_else(|_| Value::String(plain.to_owned()), Value::Number)
}
