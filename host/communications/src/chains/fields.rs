//! Reads the fields of a JSON object, noting every problem with its place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value};

/// The most problems that are told.
const PROBLEMS_MAX: usize = 100;

/// Something wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON pointer into the document.
    pub pointer: String,
    /// Kind of problem: a short, stable name.
    pub code: Cow<'static, str>,
    /// The problem, for people.
    pub detail: String,
    /// The remedy.
    pub advice: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, code, detail, advice } = self;
        let place = if pointer.is_empty() { "/" } else { pointer };
        write!(formatter, "{place}: {detail}; {advice} ({code})")
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn push(
        &self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let mut told = self.0.borrow_mut();
        if told.len() < PROBLEMS_MAX {
            told.push(Problem {
                pointer: pointer.into(),
                code: code.into(),
                detail: detail.into(),
                advice: advice.into(),
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(super) fn listed(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// A step of a JSON pointer, escaped.
pub(super) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// An object under a place.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    pointer: String,
    problems: &'a Problems,
    read: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, pointer: String, problems: &'a Problems) -> Option<Self> {
        let Some(object) = value.as_object() else {
            problems.push(pointer, "not_an_object", "must be an object", "write it in { }");
            return None;
        };
        Some(Self { object, pointer, problems, read: RefCell::default() })
    }

    /// The place of a field; of the object itself without a name.
    pub(super) fn at(&self, name: &str) -> String {
        if name.is_empty() {
            return self.pointer.clone();
        }
        format!("{}/{}", self.pointer, escaped(name))
    }

    pub(super) fn problems(&self) -> &'a Problems {
        self.problems
    }

    pub(super) fn problem(&self, name: &str, code: &'static str, detail: impl Into<String>, advice: &str) {
        self.problems.push(self.at(name), code, detail, advice);
    }

    pub(super) fn get(&self, name: &'static str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &'static str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    pub(super) fn needed(&self, name: &'static str) -> Option<&'a Value> {
        let found = self.get(name);
        if found.is_none() {
            self.problem(name, "missing", "is missing", "add it");
        }
        found
    }

    pub(super) fn text(&self, name: &'static str) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= 400);
        if text.is_none() {
            self.problem(name, "not_a_text", "must be a text of 1 to 400 bytes", "write it in quotes");
        }
        text
    }

    pub(super) fn needed_text(&self, name: &'static str) -> Option<&'a str> {
        self.needed(name)?;
        self.text(name)
    }

    /// A value that is written as a text.
    pub(super) fn parsed<T: FromStr<Err = &'static str>>(&self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        text.parse()
            .inspect_err(|wanted: &&str| {
                self.problem(name, "not_read", format!("{wanted}; found `{text}`"), "write it like that");
            })
            .ok()
    }

    pub(super) fn needed_parsed<T: FromStr<Err = &'static str>>(&self, name: &'static str) -> Option<T> {
        self.needed(name)?;
        self.parsed(name)
    }

    pub(super) fn whole(&self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        let value = self.get(name)?;
        let number = value.as_i64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let wanted = format!("must be a whole number from {least} to {most}");
            self.problem(name, "not_a_number", wanted, "write it without quotes");
        }
        number
    }

    pub(super) fn flag(&self, name: &'static str) -> Option<bool> {
        let flag = self.get(name)?.as_bool();
        if flag.is_none() {
            self.problem(name, "not_a_flag", "must be true or false", "write it without quotes");
        }
        flag
    }

    /// The elements of a list with their places; empty without it.
    pub(super) fn list(&self, name: &'static str) -> Vec<(String, &'a Value)> {
        let Some(value) = self.get(name) else { return Vec::new() };
        let Some(list) = value.as_array() else {
            self.problem(name, "not_a_list", "must be a list", "write it in [ ]");
            return Vec::new();
        };
        let at = self.at(name);
        list.iter().enumerate().map(|(place, value)| (format!("{at}/{place}"), value)).collect()
    }

    /// Tells the fields that nobody has asked for.
    pub(super) fn done(&self) {
        let read = self.read.borrow();
        for name in self.object.keys().filter(|name| !read.contains(name.as_str())) {
            let known: Vec<&str> = read.iter().copied().collect();
            let advice = format!("remove it; known here: {}", known.join(", "));
            self.problem(name, "unknown_field", "is not known here", &advice);
        }
    }
}
