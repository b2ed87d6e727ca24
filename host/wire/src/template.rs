//! Offer templates: an offer document with named holes. A text that is exactly `"${name}"` becomes
//! the value with its type; within a longer text the value is written out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::placeholder::{self, Part};
use serde_json::{Map, Value};

use super::json;
use super::offer::check_template;
use super::pointer;
use super::problem::{Problem, Problems};
use super::reader::{Node, Object, Report};

/// Opens a hole; `}` closes it.
const OPEN: &str = "${";

/// A template.
#[derive(Debug)]
pub struct Template {
    offer: Arc<Value>,
    holes: BTreeSet<String>,
    defaults: BTreeMap<String, Value>,
}

impl Template {
    /// Reads `{"title", "holes", "offer"}`, or an offer alone.
    pub fn parse(document: &Value) -> Result<Self, Problems> {
        let report = Report::default();
        let template = Self::read(report.root(document));
        report.finish(template).map(|(template, _)| template)
    }

    fn read(node: Node<'_, '_>) -> Option<Self> {
        let document = node.object()?;
        if document.field("offer").is_none() {
            return Some(Self::new(node.value().clone(), holes_of(&node), BTreeMap::new()));
        }
        document.tolerate(&["title"]);
        let offer = document.field("offer")?;
        let holes = holes_of(&offer);
        let defaults = document.object("holes").map(|declared| defaults(&declared, &holes));
        document.refuse_unknown();
        offer.object()?;
        Some(Self::new(offer.value().clone(), holes, defaults.unwrap_or_default()))
    }

    fn new(offer: Value, holes: BTreeSet<String>, defaults: BTreeMap<String, Value>) -> Self {
        Self { offer: Arc::new(offer), holes, defaults }
    }

    /// Reads a template that is sent to be stored: its offer may only have keys that offers have. The values are
    /// checked when the template is filled.
    pub fn parse_new(document: &Value) -> Result<Self, Problems> {
        let report = Report::default();
        let root = report.root(document);
        let template = Self::read(root);
        if root.value().is_object()
            && let Some(object) = root.object()
        {
            match object.field("offer") {
                Some(offer) => check_template(offer),
                None => check_template(root),
            }
        }
        report.finish(template).map(|(template, _)| template)
    }

    /// The offer with its holes.
    pub fn offer(&self) -> &Arc<Value> {
        &self.offer
    }

    /// The holes by name, each with its default value if it has one.
    pub fn holes(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.holes.iter().map(|name| (name.as_str(), self.defaults.get(name)))
    }

    /// The offer with its holes filled by `values`. Pointers of problems start at a row with these `values`.
    pub fn fill(&self, values: &Map<String, Value>) -> Result<Value, Problems> {
        let mut problems = Problems::default();
        for name in values.keys().filter(|name| !self.holes.contains(*name)) {
            let known: Vec<_> = self.holes.iter().map(String::as_str).collect();
            let detail = format!("the template has no hole `{name}`; it has {}", known.join(", "));
            problems.push(problem(name, "unknown_hole", detail));
        }
        for name in self.holes.iter().filter(|name| self.value(values, name).is_none()) {
            problems.push(problem(name, "hole_unfilled", format!("the hole `{name}` is not filled")));
        }
        let offer = self.filled(&self.offer, values, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        // Values within values may be deeper than what is read: the stored offer could not be read again.
        json::parse(&offer.to_string())
    }

    fn value<'a>(&'a self, values: &'a Map<String, Value>, hole: &str) -> Option<&'a Value> {
        values.get(hole).or_else(|| self.defaults.get(hole))
    }

    fn filled(&self, value: &Value, values: &Map<String, Value>, problems: &mut Problems) -> Value {
        match value {
            Value::String(text) => self.filled_text(text, values, problems),
            Value::Array(list) => list.iter().map(|entry| self.filled(entry, values, problems)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| (name.clone(), self.filled(field, values, problems)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn filled_text(&self, text: &str, values: &Map<String, Value>, problems: &mut Problems) -> Value {
        let parts = parts(text).unwrap_or_default();
        if let [Part::Name(name)] = parts.as_slice() {
            return self.value(values, name).cloned().unwrap_or_default();
        }
        let mut filled = String::new();
        for part in parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Name(name) => match self.value(values, name) {
                    Some(Value::String(text)) => filled.push_str(text),
                    Some(value @ (Value::Number(_) | Value::Bool(_))) => filled.push_str(&value.to_string()),
                    Some(_) => {
                        let detail = "must be a string, a number, true or false: the hole is within a text";
                        problems.push(problem(name, "wrong_type", detail.to_owned()));
                    }
                    None => {}
                },
            }
        }
        Value::String(filled)
    }
}

/// The pointer, in a row with `values`, of the value that fills the place `pointer` of the template's offer;
/// `/template` if no value does.
pub fn place(offer: &Value, pointer: &str) -> String {
    let mut above = pointer;
    loop {
        if let Some(Value::String(text)) = offer.pointer(above) {
            let parts = parts(text).unwrap_or_default();
            let hole = parts.iter().find_map(|part| match part {
                Part::Name(name) => Some(*name),
                Part::Text(_) => None,
            });
            if let Some(hole) = hole {
                return format!("/values/{hole}{}", pointer.strip_prefix(above).unwrap_or_default());
            }
        }
        match above.rsplit_once('/') {
            Some((parent, _)) => above = parent,
            None => return "/template".to_owned(),
        }
    }
}

fn defaults(declared: &Object<'_, '_>, holes: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let mut defaults = BTreeMap::new();
    for (name, node) in declared.entries() {
        if !holes.contains(name) {
            node.problem("unknown_hole", format!("the offer has no hole `{name}`"));
        }
        let Some(hole) = node.object() else { continue };
        hole.tolerate(&["title"]);
        if let Some(default) = hole.field("default") {
            defaults.insert(name.to_owned(), default.value().clone());
        }
        hole.refuse_unknown();
    }
    defaults
}

fn holes_of(node: &Node<'_, '_>) -> BTreeSet<String> {
    let mut holes = BTreeSet::new();
    collect(*node, &mut holes);
    holes
}

fn collect(node: Node<'_, '_>, holes: &mut BTreeSet<String>) {
    match node.value() {
        Value::String(text) => match parts(text) {
            Some(parts) => holes.extend(parts.iter().filter_map(|part| match part {
                Part::Name(name) => Some((*name).to_owned()),
                Part::Text(_) => None,
            })),
            None => node.problem("malformed_hole", "write a hole as ${name}: letters, digits, `_` and `-`"),
        },
        Value::Array(_) => {
            for entry in node.list().iter().flat_map(|list| list.iter().collect::<Vec<_>>()) {
                collect(entry, holes);
            }
        }
        Value::Object(_) => {
            if let Some(fields) = node.object() {
                fields.entries().for_each(|(_, field)| collect(field, holes));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The parts of a text with holes; nothing if a hole is not closed, or its name has other characters than
/// letters, digits, `_` and `-`.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let parts: Vec<_> = placeholder::parts(text, OPEN).collect();
    let well_formed = |part: &Part<'_>| match part {
        Part::Text(text) => !text.contains(OPEN),
        Part::Name(name) => is_name(name),
    };
    parts.iter().all(well_formed).then_some(parts)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn problem(hole: &str, code: &'static str, detail: String) -> Problem {
    Problem { pointer: pointer::below("/values", hole), code: code.into(), detail }
}
