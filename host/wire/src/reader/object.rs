//! Objects: fields by name, and reports of unknown names.

use std::borrow::Cow;
use std::cell::RefCell;

use domain::mechanics::Unit;
use serde_json::{Map, Value};

use super::{List, Node, Scales};
use crate::pointer::ReferenceToken;
use crate::problem::{Problem, TOLD_MAX, UNKNOWN_FIELD};

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
        self.refuse_unknown_with(Hints::NONE);
    }

    /// As [`Self::refuse_unknown`], with hints that the reader has about the whole document.
    pub fn refuse_unknown_with(&self, hints: Hints<'_>) {
        let mut unknown = self.unknown();
        for (name, field) in unknown.by_ref().take(TOLD_MAX) {
            let (pointer, detail) = (field.pointer(), self.refusal(name, hints));
            self.report_cause(Problem { pointer, code: UNKNOWN_FIELD.into(), detail });
        }
        self.node.report.problems.borrow_mut().count_more(unknown.count());
    }

    /// Reports a problem before those of the same object that say what is missing: a misspelt name is the cause of them.
    fn report_cause(&self, problem: Problem) {
        let here = self.node.pointer();
        let is_consequence = |other: &Problem| {
            let below = other.pointer.strip_prefix(&here);
            other.code.starts_with("missing_") && below.is_some_and(|below| below.matches('/').count() <= 1)
        };
        let mut problems = self.node.report.problems.borrow_mut();
        let last = problems.len().saturating_sub(CONSEQUENCES_MAX);
        let place = problems.iter().skip(last).position(is_consequence);
        let place = place.map_or(problems.len(), |place| place.saturating_add(last));
        problems.insert(place, problem);
    }

    /// As [`Self::refuse_unknown_with`]; only warns if the document is stored, since earlier releases took it.
    pub fn refuse_unknown_of_new(&self, hints: Hints<'_>) {
        if !self.node.report.is_stored {
            return self.refuse_unknown_with(hints);
        }
        self.warn_each(|name| format!("{} ({GOES_ON})", self.unused(name, hints)));
    }

    /// Warns of fields that the reader did not ask for.
    pub fn warn_unknown(&self) {
        self.warn_each(|name| self.unused(name, Hints::NONE));
    }

    fn warn_each(&self, detail: impl Fn(&str) -> String) {
        let mut unknown = self.unknown();
        for (name, field) in unknown.by_ref().take(TOLD_MAX) {
            field.warn(UNKNOWN_FIELD, detail(name));
        }
        let more = unknown.count();
        if more > 0 {
            self.node.warn(UNKNOWN_FIELD, format!("{more} more fields are not used"));
        }
    }

    /// True if there are names that the reader did not ask for.
    pub fn has_unknown(&self) -> bool {
        self.unknown().next().is_some()
    }

    /// The names that the reader did not ask for.
    pub fn unknown_names<'b>(&'b self) -> impl Iterator<Item = &'v str> {
        self.unknown().map(|(name, _)| name)
    }

    /// The name that was probably meant by one that the reader did not ask for, as a question; else empty.
    pub fn question(&self, name: &str) -> String {
        self.meant(name, Hints::NONE)
    }

    /// As [`Self::refuse_unknown`], in the words of earlier releases, for what is told in stored answers.
    pub fn refuse_unknown_as_before(&self) {
        let mut unknown = self.unknown();
        for (name, field) in unknown.by_ref().take(TOLD_MAX) {
            let known = self.known.borrow();
            let nearest = known.iter().min_by_key(|candidate| strsim::osa_distance(name, candidate));
            field.problem(
                UNKNOWN_FIELD,
                match nearest.filter(|candidate| strsim::osa_distance(name, candidate) <= 3) {
                    Some(nearest) => format!("`{name}` is not known here; did you mean `{nearest}`?"),
                    None => format!("`{name}` is not known here"),
                },
            );
        }
        self.node.report.problems.borrow_mut().count_more(unknown.count());
    }

    fn unknown<'b>(&'b self) -> impl Iterator<Item = (&'v str, Node<'v, 'b>)> {
        self.entries().filter(|(name, _)| !self.known.borrow().contains(name))
    }

    fn unused(&self, name: &str, hints: Hints<'_>) -> String {
        format!("`{name}` is not used{}", self.meant(name, hints))
    }

    fn refusal(&self, name: &str, hints: Hints<'_>) -> String {
        let meant = self.meant(name, hints);
        let known = self.known_here(hints).into_iter().map(|known| format!("`{known}`")).collect::<Vec<_>>();
        let known = if known.is_empty() { "nothing is".to_owned() } else { known.join(", ") };
        format!("`{name}` is not known here{meant} (known: {known})")
    }

    /// The names that the reader asked for, in its order, each once.
    fn known_here(&self, hints: Hints<'_>) -> Vec<&'r str> {
        let mut names: Vec<&'r str> = Vec::new();
        for name in self.known.borrow().iter() {
            if hints.is_taken(name) && !names.contains(name) {
                names.push(name);
            }
        }
        names
    }

    /// The end of a period that is named as the end of a range.
    fn end_of_period(&self, name: &str, hints: Hints<'_>) -> Option<&'static str> {
        let known = self.known_here(hints);
        let (_, end) = ENDS.iter().find(|(other, end)| *other == name && known.contains(end))?;
        let is_range = known.iter().any(|known| ENDS.iter().any(|(other, _)| other == known));
        (!is_range).then_some(*end)
    }

    /// A question with the name or place that was probably meant: the very name elsewhere, a similar one here, or a
    /// similar one elsewhere. Empty if there is none.
    fn meant(&self, name: &str, hints: Hints<'_>) -> String {
        let mut meant: Vec<&str> = self.end_of_period(name, hints).into_iter().collect();
        if meant.is_empty() {
            meant = hints.places(name);
        }
        if meant.is_empty() {
            meant.extend(similar(name, self.known_here(hints)));
        }
        if meant.is_empty()
            && let Some(near) = similar(name, hints.elsewhere.iter().map(|(name, _)| name.as_str()))
        {
            meant = hints.places(near);
        }
        if meant.is_empty() {
            return String::new();
        }
        let meant: Vec<String> = meant.iter().map(|name| format!("`{name}`")).collect();
        format!("; did you mean {}?", meant.join(" or "))
    }
}

/// The state of a stored offer with unknown names.
const GOES_ON: &str = "the offer goes on without it, and is refused when it is sent again or first goes live";
/// The ends of ranges, each with that of a period.
const ENDS: [(&str, &str); 2] = [("from", "start"), ("to", "end")];
/// The most problems before an unknown name that are looked at for its consequences.
const CONSEQUENCES_MAX: usize = 64;

/// The knowledge of a reader about names, for the refusal of unknown ones.
#[derive(Clone, Copy, Default)]
pub struct Hints<'h> {
    /// The names that are known in the whole document, each with a place where it is; nearest to the root first.
    pub elsewhere: &'h [(String, String)],
    /// True for a name that is taken here; absent if all names that the reader asks for are taken.
    pub taken: Option<&'h dyn Fn(&str) -> bool>,
}

impl<'h> Hints<'h> {
    /// No knowledge beside the names that the reader asks for.
    pub const NONE: Self = Self { elsewhere: &[], taken: None };

    fn is_taken(&self, name: &str) -> bool {
        self.taken.is_none_or(|taken| taken(name))
    }

    fn places(&self, name: &str) -> Vec<&'h str> {
        let places = self.elsewhere.iter().filter(|(known, _)| known == name);
        places.map(|(_, place)| place.as_str()).take(PLACES_MAX).collect()
    }
}

/// The most places that a refusal names.
const PLACES_MAX: usize = 3;

/// The longest name that is compared with others, in characters: comparing takes the product of both lengths.
const LETTERS_MAX: usize = 60;

/// The name that is nearest to a misspelt one; none if even that is another word. Short words are near only with one
/// letter changed: `pay` is no `cap`.
pub fn similar<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let letters = name.chars().take(LETTERS_MAX.saturating_add(1)).count();
    if letters > LETTERS_MAX {
        return None;
    }
    let most = (letters / 3).clamp(1, 3);
    let distances = known.into_iter().map(|known| (strsim::osa_distance(name, known), known));
    let (_, nearest) =
        distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance)?;
    Some(nearest)
}
