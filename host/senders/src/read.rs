//! Reads an account's document: every problem at once, each with its place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

/// A problem of an account's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProblem {
    /// JSON pointer within the account.
    pub place: String,
    /// The rule, and the value that was found.
    pub text: String,
}

/// The longest text of a field in bytes.
const TEXT_MAX: usize = 4096;

/// One object of the document, from which fields are taken one by one.
pub(crate) struct Fields<'a> {
    place: String,
    rest: Map<String, Value>,
    problems: &'a mut Vec<AccountProblem>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(place: &str, value: &Value, problems: &'a mut Vec<AccountProblem>) -> Self {
        let rest = match value {
            Value::Object(fields) => fields.clone(),
            other => {
                let text = format!("must be an object, found {}", kind(other));
                problems.push(AccountProblem { place: place.to_owned(), text });
                Map::new()
            }
        };
        Self { place: place.to_owned(), rest, problems }
    }

    pub(crate) fn problem(&mut self, field: &str, text: impl Into<String>) {
        let place = if field.is_empty() { self.place.clone() } else { format!("{}/{field}", self.place) };
        self.problems.push(AccountProblem { place, text: text.into() });
    }

    /// A field as it is, and its place.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.rest.remove(field).filter(|value| !value.is_null())
    }

    pub(crate) fn optional_text(&mut self, field: &str) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if text.len() <= TEXT_MAX && !text.trim().is_empty() => Some(text),
            Value::String(text) => {
                let found = if text.len() > TEXT_MAX { "a longer one" } else { "an empty one" };
                self.problem(field, format!("must be a text of 1 to {TEXT_MAX} bytes, found {found}"));
                None
            }
            other => {
                self.problem(field, format!("must be a text, found {}", kind(&other)));
                None
            }
        }
    }

    /// True if a field is there, whatever it is.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.rest.get(field).is_some_and(|value| !value.is_null())
    }

    /// A text that must be there; empty after a problem.
    pub(crate) fn text(&mut self, field: &str) -> String {
        if !self.has(field) {
            self.problem(field, "must be a text; it is missing");
        }
        self.optional_text(field).unwrap_or_default()
    }

    pub(crate) fn number(&mut self, field: &str, usual: i64, range: RangeInclusive<i64>) -> i64 {
        self.optional_number(field, range).unwrap_or(usual)
    }

    pub(crate) fn optional_number(&mut self, field: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(field)?;
        match value.as_i64() {
            Some(number) if range.contains(&number) => Some(number),
            _ => {
                let (from, to) = range.into_inner();
                self.problem(field, format!("must be a whole number from {from} to {to}, found {value}"));
                None
            }
        }
    }

    pub(crate) fn flag(&mut self, field: &str) -> bool {
        match self.take(field) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(other) => {
                self.problem(field, format!("must be true or false, found {}", kind(&other)));
                false
            }
        }
    }

    /// One of some words; the first is the usual one.
    pub(crate) fn choice<T: Copy>(&mut self, field: &str, words: &[(&str, T)], usual: T) -> T {
        let Some(text) = self.optional_text(field) else { return usual };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.problem(field, format!("must be one of {}, found \"{text}\"", words.join(", ")));
        usual
    }

    /// An object of texts.
    pub(crate) fn texts(&mut self, field: &str) -> BTreeMap<String, String> {
        let Some(value) = self.take(field) else { return BTreeMap::new() };
        let place = format!("{}/{field}", self.place);
        let mut inner = Fields::new(&place, &value, self.problems);
        let names: Vec<String> = inner.rest.keys().cloned().collect();
        let mut texts = BTreeMap::new();
        for name in names {
            if let Some(text) = inner.optional_text(&name) {
                texts.insert(name, text);
            }
        }
        texts
    }

    /// An object inside, read by a function.
    pub(crate) fn inside<T>(&mut self, field: &str, read: impl FnOnce(&mut Fields<'_>) -> T) -> Option<T> {
        let value = self.take(field)?;
        let place = format!("{}/{field}", self.place);
        Some(read_object(&place, &value, self.problems, read))
    }

    /// A list of objects, read by a function, at most `most`.
    pub(crate) fn list<T>(
        &mut self,
        field: &str,
        most: usize,
        read: impl Fn(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.problem(field, format!("must be a list, found {}", kind(&value)));
            return Vec::new();
        };
        if items.len() > most {
            self.problem(field, format!("must have at most {most} entries, found {}", items.len()));
            return Vec::new();
        }
        let place = format!("{}/{field}", self.place);
        let one =
            |(at, item): (usize, &Value)| read_object(&format!("{place}/{at}"), item, self.problems, &read);
        items.iter().enumerate().map(one).collect()
    }

    /// What is left are fields that nobody knows.
    fn end(mut self) {
        let names: Vec<String> = self.rest.keys().cloned().collect();
        for name in names {
            self.problem(&name, "is not a field of such an account");
        }
    }
}

/// Reads an object whole: fields that the function does not take are problems.
pub(crate) fn read_object<T>(
    place: &str,
    value: &Value,
    problems: &mut Vec<AccountProblem>,
    read: impl FnOnce(&mut Fields<'_>) -> T,
) -> T {
    let mut fields = Fields::new(place, value, problems);
    let answer = read(&mut fields);
    fields.end();
    answer
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
