//! Reads JSON values into types, and goes on after a problem, so that a document is refused with all its
//! problems and their places.
//!
//! Own code: `serde` and `serde_path_to_error` stop at the first error.

mod object;
mod value;

use std::borrow::Cow;
use std::cell::RefCell;

use serde_json::Value;

pub use self::object::{Hints, Object, similar};
pub use self::value::{List, Scales};
use super::pointer::{Place, ReferenceToken};
use super::problem::{Problem, Problems};

/// Collects problems and warnings while a document is read.
#[derive(Debug, Default)]
pub struct Report {
    problems: RefCell<Problems>,
    warnings: RefCell<Vec<Problem>>,
    checks_ids: bool,
    is_stored: bool,
}

impl Report {
    /// A report that refuses ids that nothing should be stored under, see [`domain::id`]. Stored documents
    /// are read without it, since earlier releases took any id.
    pub fn of_new() -> Self {
        Self { checks_ids: true, ..Self::default() }
    }

    /// A report on a document that is stored already: it goes on working with what earlier releases took, and has
    /// warnings where one that is sent now is refused.
    pub fn of_stored() -> Self {
        Self { is_stored: true, ..Self::default() }
    }

    /// The root of a document.
    pub fn root<'v>(&self, value: &'v Value) -> Node<'v, '_> {
        Node { value, place: Place::ROOT, report: self }
    }

    /// Adds a problem.
    pub fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Problems and warnings, for a caller that goes on in spite of problems.
    pub fn into_parts(self) -> (Problems, Vec<Problem>) {
        (self.problems.into_inner(), self.warnings.into_inner())
    }

    /// The value that was read and the warnings, or all problems.
    ///
    /// Readers return nothing only after they have reported a problem.
    pub fn finish<T>(self, value: Option<T>) -> Result<(T, Vec<Problem>), Problems> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok((value, self.warnings.into_inner())),
            _ if problems.is_empty() => Err(Problems::of_document("unreadable", "cannot be read")),
            _ => Err(problems),
        }
    }
}

/// A value of a document and its place.
#[derive(Clone, Copy)]
pub struct Node<'v, 'r> {
    value: &'v Value,
    place: Place<'r>,
    report: &'r Report,
}

impl<'v, 'r> Node<'v, 'r> {
    /// The value itself.
    pub fn value(self) -> &'v Value {
        self.value
    }

    /// JSON Pointer of the place.
    pub fn pointer(&self) -> String {
        self.place.pointer()
    }

    /// Reports a problem here.
    pub fn problem(&self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        let problem = || Problem { pointer: self.pointer(), code: code.into(), detail: detail.into() };
        self.report.problems.borrow_mut().push_with(problem);
    }

    /// Reports a problem here and returns nothing, to end a reader with.
    pub fn refuse<T>(&self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Option<T> {
        self.problem(code, detail);
        None
    }

    /// Reports a problem whose pointer starts at the pointer `below` this place.
    pub fn adopt(&self, below: &str, problem: Problem) {
        let pointer = format!("{}{below}{}", self.pointer(), problem.pointer);
        self.report.add(Problem { pointer, ..problem });
    }

    /// Reports a warning here: something odd that does not prevent the use of the document.
    pub fn warn(&self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        let warning = Problem { pointer: self.pointer(), code: code.into(), detail: detail.into() };
        self.report.warnings.borrow_mut().push(warning);
    }

    /// Reports what earlier releases took: a problem here, or a warning if the document is stored.
    pub fn problem_of_new(&self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        if self.report.is_stored { self.warn(code, detail) } else { self.problem(code, detail) }
    }

    /// Reads a part of a document that earlier releases did not look at: if the document is stored, problems of the part
    /// are warnings, and nothing of it is taken.
    pub fn read_new<T>(self, read: impl FnOnce(Node<'v, '_>) -> Option<T>) -> Option<T> {
        if !self.report.is_stored {
            return read(self);
        }
        let report = Report::of_stored();
        let part = read(Node { value: self.value, place: self.place, report: &report });
        let (problems, warnings) = report.into_parts();
        let is_sound = problems.is_empty();
        self.report.warnings.borrow_mut().extend(problems.listed().into_iter().chain(warnings));
        part.filter(|_| is_sound)
    }

    /// Reports a problem at another place of the document.
    pub fn problem_at(&self, pointer: String, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        self.report.add(Problem { pointer, code: code.into(), detail: detail.into() });
    }

    /// Reports a warning at another place of the document.
    pub fn warn_at(&self, pointer: String, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        let warning = Problem { pointer, code: code.into(), detail: detail.into() };
        self.report.warnings.borrow_mut().push(warning);
    }

    fn child<'b>(&'b self, value: &'v Value, token: ReferenceToken<'b>) -> Node<'v, 'b> {
        Node { value, place: self.place.below(token), report: self.report }
    }
}
