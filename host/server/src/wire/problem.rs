//! What is wrong with a document.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON Pointer (RFC 6901) from the root of the document; empty for the document itself.
    pub pointer: String,
    /// Short and stable.
    pub code: Cow<'static, str>,
    /// For people: what is wrong and what to do.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(formatter, "{place}: {} ({})", self.detail, self.code)
    }
}

/// Everything that is wrong with a document; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", listed(.0))]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A single problem with the document as a whole.
    pub fn of_document(code: &'static str, detail: impl Into<String>) -> Self {
        Self(vec![Problem { pointer: String::new(), code: code.into(), detail: detail.into() }])
    }
}

/// The body of an RFC 9457 answer.
#[derive(Debug, Serialize)]
pub struct ProblemDocument<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'a str,
    errors: &'a [Problem],
}

impl<'a> ProblemDocument<'a> {
    /// A refusal of a document that was understood as JSON, or not even that.
    pub fn refusal(code: &'a str, title: &'a str, problems: &'a Problems) -> Self {
        let errors = problems.0.as_slice();
        let detail = match errors {
            [only] => only.to_string(),
            _ => format!("{} problems, see `errors`", errors.len()),
        };
        Self { r#type: format!("urn:offer-host:problem:{code}"), title, status: 422, detail, code, errors }
    }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
