//! Reads the fields of a document, and gathers what is wrong with them.

use serde_json::{Map, Value};

/// Something that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// The kind of problem: a short, stable name.
    pub code: &'static str,
    /// The problem and its remedy, for people.
    pub detail: String,
}

/// An object that is read field by field.
pub(super) struct Fields<'a> {
    object: Option<&'a Map<String, Value>>,
    place: String,
    read: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Begins to read an object.
    pub(super) fn new(value: &'a Value, place: &str, problems: &mut Vec<Problem>) -> Self {
        let object = value.as_object();
        if object.is_none() {
            refuse(problems, place, "wrong_type", "must be an object");
        }
        Self { object, place: place.to_owned(), read: Vec::new() }
    }

    /// The place of a field.
    pub(super) fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.place)
    }

    /// A field, if it is there and not null.
    pub(super) fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.read.push(name);
        self.object?.get(name).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub(super) fn required(&mut self, name: &'static str, problems: &mut Vec<Problem>) -> Option<&'a Value> {
        let found = self.get(name);
        if found.is_none() && self.object.is_some() {
            refuse(problems, &self.place(name), "missing", "must be there");
        }
        found
    }

    /// A name that may be absent: 1 to 100 characters.
    pub(super) fn name(&mut self, name: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
        let value = self.get(name)?;
        name_of(value, &self.place(name), problems)
    }

    /// A whole number in a range that may be absent.
    pub(super) fn integer(
        &mut self,
        name: &'static str,
        (least, most): (i64, i64),
        problems: &mut Vec<Problem>,
    ) -> Option<i64> {
        let value = self.get(name)?;
        let number = value.as_i64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let detail = format!("must be a whole number from {least} to {most}");
            refuse(problems, &self.place(name), "out_of_range", detail);
        }
        number
    }

    /// Refuses fields that were not asked for.
    pub(super) fn refuse_unknown(&self, problems: &mut Vec<Problem>) {
        for name in self.object.into_iter().flat_map(Map::keys) {
            if !self.read.contains(&name.as_str()) {
                let known = self.read.join("`, `");
                let detail = format!("is not known here; known are `{known}`");
                let escaped = name.replace('~', "~0").replace('/', "~1");
                refuse(problems, &format!("{}/{escaped}", self.place), "unknown_key", detail);
            }
        }
    }
}

/// Notes a problem.
pub(super) fn refuse(
    problems: &mut Vec<Problem>,
    pointer: &str,
    code: &'static str,
    detail: impl Into<String>,
) {
    problems.push(Problem { pointer: pointer.to_owned(), code, detail: detail.into() });
}

/// A name: a text of 1 to 100 characters.
pub(super) fn name_of(value: &Value, place: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let text = value.as_str().filter(|text| (1..=100).contains(&text.chars().count()));
    if text.is_none() {
        refuse(problems, place, "wrong_type", "must be a text of 1 to 100 characters");
    }
    text.map(str::to_owned)
}
