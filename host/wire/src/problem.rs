//! Problems of documents.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

/// One problem of a document. A warning has the same shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProblemPlace)]
pub struct Problem {
    /// JSON Pointer (RFC 6901); the first step of an NDJSON body is the number of the row, from 0.
    pub pointer: String,
    /// Kind of problem: a short, stable name.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// For people.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(formatter, "{place}: {} ({})", self.detail, self.code)
    }
}

/// All problems of a document, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", listed(.0))]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A single problem with the document as a whole.
    pub fn of_document(code: &'static str, detail: impl Into<String>) -> Self {
        Self(vec![Problem { pointer: String::new(), code: code.into(), detail: detail.into() }])
    }

    /// Problems of one row of an upload, as problems of the whole upload.
    pub fn in_row(self, number: usize) -> impl Iterator<Item = Problem> {
        self.0
            .into_iter()
            .map(move |problem| Problem { pointer: format!("/{number}{}", problem.pointer), ..problem })
    }
}

/// A problem document (RFC 9457): the body of every error over HTTP, and the output of `offer-host calculate`
/// for a receipt that is refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Names the kind of problem; the same for the same `code`.
    pub r#type: String,
    /// The status in words.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// Description of the problem, and of what to do about it.
    pub detail: String,
    /// Short and stable.
    pub code: &'static str,
    /// For a body with problems: each with its place.
    pub errors: Vec<Problem>,
}

impl ProblemDocument {
    /// A problem of a kind, with the parts of the document that are wrong.
    pub fn new(
        status: u16,
        title: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: String,
        errors: Vec<Problem>,
    ) -> Self {
        Self {
            r#type: format!("urn:offer-host:problem:{code}"),
            title: title.into(),
            status,
            detail,
            code,
            errors,
        }
    }

    /// A refusal of a document that was understood as JSON, or not even that.
    pub fn refusal(code: &'static str, title: &'static str, problems: Problems) -> Self {
        let errors = problems.0;
        let detail = match errors.as_slice() {
            [only] => only.to_string(),
            _ => format!("{} problems, see `errors`", errors.len()),
        };
        Self::new(422, title, code, detail, errors)
    }
}

/// Code of problems and warnings about names that are not known.
pub const UNKNOWN_FIELD: &str = "unknown_field";

/// The most warnings of a document that are told; the others are counted.
pub const WARNINGS_MAX: usize = 100;

/// The first warnings, and the number of the others in place of them.
#[must_use]
pub fn capped(warnings: impl IntoIterator<Item = Problem>) -> Vec<Problem> {
    let mut warnings = warnings.into_iter();
    let mut told: Vec<Problem> = warnings.by_ref().take(WARNINGS_MAX).collect();
    let more = warnings.count();
    if more > 0 {
        let detail = format!("{more} more warnings are not told");
        told.push(Problem { pointer: String::new(), code: "more_warnings".into(), detail });
    }
    told
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
