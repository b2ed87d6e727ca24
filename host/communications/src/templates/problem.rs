//! Problems of a template, and warnings about it.

use serde::Serialize;

/// A problem of a template, or a warning about one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON Pointer to the text in the template's document, such as `/languages/ru/mjml`.
    pub pointer: String,
    /// Line of the text, from 1, where it is known.
    pub line: Option<usize>,
    /// Kind of problem: a short, stable name.
    pub code: &'static str,
    /// For people: what was found, and what to do.
    pub detail: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.pointer)?;
        if let Some(line) = self.line {
            write!(formatter, " line {line}")?;
        }
        write!(formatter, ": {} ({})", self.detail, self.code)
    }
}

/// JSON Pointer to a field of a language.
pub(super) fn pointer(language: &str, field: &str) -> String {
    format!("/languages/{}/{field}", language.replace('~', "~0").replace('/', "~1"))
}
