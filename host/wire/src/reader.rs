//! A cursor over JSON that knows where it stands and goes on after a problem.

mod object;
mod value;

use std::borrow::Cow;
use std::cell::RefCell;

use serde_json::Value;

pub use self::object::Object;
pub use self::value::{List, Scales};
use super::place::{Place, Step};
use super::problem::{Problem, Problems};

/// Where problems and warnings gather while a document is read.
#[derive(Debug, Default)]
pub struct Report {
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Report {
    /// The cursor at the root of a document.
    pub fn root<'v>(&self, value: &'v Value) -> Node<'v, '_> {
        Node { value, place: Place::ROOT, report: self }
    }

    /// Adds a problem that something else has found.
    pub fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Problems and warnings, for whoever goes on in spite of problems.
    pub fn into_parts(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.problems.into_inner(), self.warnings.into_inner())
    }

    /// What was read together with the warnings, or all problems.
    ///
    /// A missing value without a problem cannot be: readers return nothing only after reporting.
    pub fn finish<T>(self, value: Option<T>) -> Result<(T, Vec<Problem>), Problems> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok((value, self.warnings.into_inner())),
            _ if problems.is_empty() => Err(Problems::of_document("unreadable", "cannot be read")),
            _ => Err(Problems(problems)),
        }
    }
}

/// A value of the document and its place.
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
        self.report.add(Problem { pointer: self.pointer(), code: code.into(), detail: detail.into() });
    }

    /// Reports a problem here and answers nothing, to end a reader with.
    pub fn refuse<T>(&self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Option<T> {
        self.problem(code, detail);
        None
    }

    /// Reports what something else has found at a pointer below here.
    pub fn adopt(&self, below: &str, problem: Problem) {
        let pointer = format!("{}{below}{}", self.pointer(), problem.pointer);
        self.report.add(Problem { pointer, ..problem });
    }

    /// Reports something here that is not in the way.
    pub fn warn(&self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        let warning = Problem { pointer: self.pointer(), code: code.into(), detail: detail.into() };
        self.report.warnings.borrow_mut().push(warning);
    }

    /// Reports a problem at another place of the document.
    pub fn problem_at(&self, pointer: String, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        self.report.add(Problem { pointer, code: code.into(), detail: detail.into() });
    }

    /// Reports something at another place of the document that is not in the way.
    pub fn warn_at(&self, pointer: String, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        let warning = Problem { pointer, code: code.into(), detail: detail.into() };
        self.report.warnings.borrow_mut().push(warning);
    }

    fn child<'b>(&'b self, value: &'v Value, step: Step<'b>) -> Node<'v, 'b> {
        Node { value, place: self.place.below(step), report: self.report }
    }
}
