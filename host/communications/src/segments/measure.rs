//! Measures: which events a rule asks for, and the number that it reads of each.
//!
//! A measure takes a *fact* from an event or nothing. Facts are what both the pure evaluator and the database work with,
//! so that a filter of events is evaluated in one place only.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::bounds::Bounds;

/// The largest value of a fact, either way: sums of millions of them are exact.
const VALUE_MAX: i64 = 1_000_000_000_000;
/// Conditions and values of this part of an event are about one and the same line of a purchase.
const LINES: &str = "lines";

/// Events of one kind that pass filters, and the value that is read of each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// Kind of the events.
    pub kind: String,
    /// Path of the value in the payload, with dots; absent if only the events count.
    pub of: Option<String>,
    /// Tests of values of the payload, by path.
    pub filters: BTreeMap<String, Filter>,
}

/// A test of a value of the payload. A list passes if one of its elements does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filter {
    /// It is one of these texts; numbers, true and false are compared as they are written.
    OneOf(Vec<String>),
    /// It is a whole number from the first to the second.
    Between(i64, i64),
}

impl Measure {
    /// The value that the measure takes from an event; none if the event does not pass, or lacks a whole number where one
    /// is to be read. Without a path the value is 1.
    pub fn value_of(&self, kind: &str, payload: &Value) -> Option<i64> {
        if kind != self.kind {
            return None;
        }
        let (of_lines, of_event): (Vec<_>, Vec<_>) =
            self.filters.iter().partition(|(path, _)| below_lines(path).is_some());
        if !of_event.into_iter().all(|(path, filter)| filter.passes_at(payload, path)) {
            return None;
        }
        let of_line = self.of.as_deref().and_then(below_lines);
        if of_lines.is_empty() && of_line.is_none() {
            return match &self.of {
                None => Some(1),
                Some(path) => within(whole(at(payload, path)?)?),
            };
        }
        let mut lines = payload.get(LINES)?.as_array()?.iter().filter(|line| {
            let passes = |(path, filter): &(&String, &Filter)| {
                below_lines(path).is_some_and(|path| filter.passes_at(line, path))
            };
            of_lines.iter().all(passes)
        });
        match (of_line, &self.of) {
            (Some(path), _) => {
                let values: Vec<i64> = lines.filter_map(|line| whole(at(line, path)?)).collect();
                let sum = values.iter().try_fold(0_i64, |sum, value| sum.checked_add(*value))?;
                if values.is_empty() { None } else { within(sum) }
            }
            (None, Some(path)) => {
                lines.next()?;
                within(whole(at(payload, path)?)?)
            }
            (None, None) => lines.next().map(|_| 1),
        }
    }

    /// The measure as the fields of a rule that it was read from, in one form.
    pub fn document(&self) -> Value {
        let filters: Map<String, Value> =
            self.filters.iter().map(|(path, filter)| (path.clone(), filter.document())).collect();
        let mut document = json!({ "event": self.kind, "where": filters });
        if let (Some(of), Some(fields)) = (&self.of, document.as_object_mut()) {
            fields.insert("of".to_owned(), Value::String(of.clone()));
        }
        document
    }

    /// A short name of the measure: equal measures have equal ones.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(format!("{self:?}")))
    }
}

impl Filter {
    fn document(&self) -> Value {
        match self {
            Self::OneOf(values) => json!(values),
            Self::Between(least, most) => json!({ "at_least": least, "at_most": most }),
        }
    }

    fn passes_at(&self, document: &Value, path: &str) -> bool {
        at(document, path).is_some_and(|value| self.passes(value))
    }

    fn passes(&self, value: &Value) -> bool {
        match (value, self) {
            (Value::Array(values), _) => values.iter().any(|value| self.passes(value)),
            (_, Self::OneOf(wanted)) => written(value).is_some_and(|text| wanted.contains(&text)),
            (_, Self::Between(least, most)) => {
                let bounds = Bounds { least: *least, most: *most };
                whole(value).is_some_and(|value| bounds.contains(value))
            }
        }
    }
}

fn below_lines(path: &str) -> Option<&str> {
    path.strip_prefix(LINES)?.strip_prefix('.')
}

fn at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(document, |value, name| value.get(name))
}

/// A value as a text; none for null, lists and objects.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number, also one that is written as a text, as amounts are.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn within(value: i64) -> Option<i64> {
    (-VALUE_MAX..=VALUE_MAX).contains(&value).then_some(value)
}
