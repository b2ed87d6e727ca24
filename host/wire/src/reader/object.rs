//! Objects: fields by name, and reports of unknown names.

use std::borrow::Cow;
use std::cell::RefCell;

use domain::mechanics::Unit;
use serde_json::{Map, Value};

use super::{List, Node, Scales};
use crate::pointer::ReferenceToken;

/// An object. It remembers the names that its reader asked for, to report the others.
pub struct Object<'v, 'r> {
    node: Node<'v, 'r>,
    fields: &'v Map<String, Value>,
    known: RefCell<Vec<&'r str>>,
}

impl<'v, 'r> Object<'v, 'r> {
    pub(super) fn new(node: Node<'v, 'r>, fields: &'v Map<String, Value>) -> Self {
        Self { node, fields, known: RefCell::new(Vec::new()) }
    }

    /// The object as a value.
    pub fn node(&self) -> &Node<'v, 'r> {
        &self.node
    }

    /// Names and values, in the order of the names.
    pub fn entries<'b>(&'b self) -> impl Iterator<Item = (&'v str, Node<'v, 'b>)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), self.node.child(value, ReferenceToken::Name(name))))
    }

    /// Refuses names that nothing should be stored under.
    pub fn check_names(&self) {
        if self.node.report.checks_ids {
            for (name, field) in self.entries() {
                let _ = field.check_id(name);
            }
        }
    }

    /// A field, unless it is absent or null.
    pub fn field<'b>(&'b self, name: &'r str) -> Option<Node<'v, 'b>> {
        self.known.borrow_mut().push(name);
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        Some(self.node.child(value, ReferenceToken::Name(name)))
    }

    /// A field that is required: a problem if it is absent or null.
    pub fn required<'b>(&'b self, name: &'r str) -> Option<Node<'v, 'b>> {
        let field = self.field(name);
        if field.is_none() {
            self.node
                .child(self.node.value, ReferenceToken::Name(name))
                .problem("missing_field", format!("`{name}` is required"));
        }
        field
    }

    /// A field as a text that is not empty.
    pub fn text(&self, name: &'r str) -> Option<&'v str> {
        self.field(name)?.text()
    }

    /// A field as an id: a text, or a whole number.
    pub fn id(&self, name: &'r str) -> Option<Cow<'v, str>> {
        self.field(name)?.id()
    }

    /// A field as a whole number.
    pub fn integer(&self, name: &'r str) -> Option<i64> {
        self.field(name)?.integer()
    }

    /// A field as true or false.
    pub fn boolean(&self, name: &'r str) -> Option<bool> {
        self.field(name)?.boolean()
    }

    /// A field as a number in a unit, see [`Node::measure()`].
    pub fn measure(&self, name: &'r str, unit: Unit, scales: Scales) -> Option<i64> {
        self.field(name)?.measure(unit, scales)
    }

    /// A field as one of some names.
    pub fn choice<T: Copy>(&self, name: &'r str, choices: &[(&str, T)]) -> Option<T> {
        self.field(name)?.choice(choices)
    }

    /// A field as an object.
    pub fn object<'b>(&'b self, name: &'r str) -> Option<Object<'v, 'b>> {
        self.field(name)?.object()
    }

    /// A field as a list.
    pub fn list<'b>(&'b self, name: &'r str) -> Option<List<'v, 'b>> {
        self.field(name)?.list()
    }

    /// The entries of a list that can be read; empty if the list is absent.
    pub fn each<T>(&self, name: &'r str, read: impl FnMut(Node<'v, '_>) -> Option<T>) -> Vec<T> {
        self.list(name).map(|list| list.read(read)).unwrap_or_default()
    }

    /// A field that is one text or a list of them.
    pub fn one_or_more_texts(&self, name: &'r str) -> Vec<String> {
        let Some(field) = self.field(name) else { return Vec::new() };
        match field.value() {
            Value::Array(_) => field
                .list()
                .map(|list| list.read(|entry| entry.text().map(str::to_owned)))
                .unwrap_or_default(),
            _ => field.text().map(str::to_owned).into_iter().collect(),
        }
    }

    /// Notes names that are known, and not read here.
    pub fn tolerate(&self, names: &[&'r str]) {
        self.known.borrow_mut().extend(names);
    }

    /// Refuses fields that the reader did not ask for, where a typing error would change prices.
    pub fn refuse_unknown(&self) {
        for (name, field) in self.unknown() {
            field.problem("unknown_field", self.unknown_detail(name));
        }
    }

    /// Warns of fields that the reader did not ask for.
    pub fn warn_unknown(&self) {
        for (name, field) in self.unknown() {
            field.warn("unknown_field", format!("`{name}` is not used"));
        }
    }

    fn unknown<'b>(&'b self) -> impl Iterator<Item = (&'v str, Node<'v, 'b>)> {
        self.entries().filter(|(name, _)| !self.known.borrow().contains(name))
    }

    fn unknown_detail(&self, name: &str) -> String {
        let known = self.known.borrow();
        let nearest = known.iter().min_by_key(|candidate| strsim::osa_distance(name, candidate));
        match nearest.filter(|candidate| strsim::osa_distance(name, candidate) <= 3) {
            Some(nearest) => format!("`{name}` is not known here; did you mean `{nearest}`?"),
            None => format!("`{name}` is not known here"),
        }
    }
}
