//! Problems of documents.

use std::borrow::Cow;
use std::collections::BTreeSet;
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

/// The most problems, or warnings, of a document that are told; the others are counted.
pub const TOLD_MAX: usize = 100;
/// The most bytes of a pointer that is told; a longer one is cut.
const POINTER_BYTES_MAX: usize = 1_000;
/// The most bytes of a detail that is told; a longer one is cut.
const DETAIL_BYTES_MAX: usize = 4_000;
/// Code of the line that stands for the problems that are not told.
pub const MORE_PROBLEMS: &str = "more_problems";

/// The problems of a document: the first hundred, and the number of the others, so that what is refused takes no more
/// memory than that, however much is wrong with it. Every list of problems that is answered is one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Error)]
#[error("{}", self.lines())]
pub struct Problems {
    told: Vec<Problem>,
    more: usize,
    /// Rows of the problems that are not told, in an upload whose bad rows may be left out: first and last of those that
    /// follow each other.
    more_rows: Vec<(usize, usize)>,
}

impl Problems {
    /// A single problem with the document as a whole.
    pub fn of_document(code: &'static str, detail: impl Into<String>) -> Self {
        Self::from(Problem { pointer: String::new(), code: code.into(), detail: detail.into() })
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        if self.told.len() < TOLD_MAX {
            self.told.push(problem.cut());
        } else {
            self.more = self.more.saturating_add(1);
            if let Some(row) = row(&problem) {
                self.add_rows((row, row));
            }
        }
    }

    /// Adds a problem before the one at a place of the list.
    pub fn insert(&mut self, place: usize, problem: Problem) {
        if self.told.len() < TOLD_MAX && place <= self.told.len() {
            self.told.insert(place, problem.cut());
        } else {
            self.push(problem);
        }
    }

    /// Adds a problem, which is only made if it is told: its place may be long.
    pub fn push_with(&mut self, problem: impl FnOnce() -> Problem) {
        if self.told.len() < TOLD_MAX { self.push(problem()) } else { self.count_more(1) }
    }

    /// Adds those of another list.
    pub fn append(&mut self, other: Self) {
        self.extend(other.told);
        self.more = self.more.saturating_add(other.more);
        other.more_rows.into_iter().for_each(|rows| self.add_rows(rows));
    }

    fn add_rows(&mut self, (first, last): (usize, usize)) {
        match self.more_rows.last_mut() {
            Some((from, to)) if *from <= first && first <= to.saturating_add(1) => *to = last.max(*to),
            _ => self.more_rows.push((first, last)),
        }
    }

    /// Counts problems that are not told.
    pub fn count_more(&mut self, more: usize) {
        self.more = self.more.saturating_add(more);
    }

    /// Problems of a part, as problems of the whole.
    #[must_use]
    pub fn map(self, change: impl FnMut(Problem) -> Problem) -> Self {
        Self { told: self.told.into_iter().map(change).collect(), more_rows: Vec::new(), ..self }
    }

    /// Problems of one row of an upload, as problems of the whole upload.
    #[must_use]
    pub fn in_row(self, number: usize) -> Self {
        self.map(|problem| Problem { pointer: format!("/{number}{}", problem.pointer), ..problem })
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of all problems, told or not.
    pub fn len(&self) -> usize {
        self.told.len().saturating_add(self.more)
    }

    /// The problems that are told.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.told.iter()
    }

    /// The rows of an upload that have problems.
    pub fn rows(&self) -> BTreeSet<usize> {
        let more = self.more_rows.iter().flat_map(|(first, last)| *first..=*last);
        self.told.iter().filter_map(row).chain(more).collect()
    }

    /// The problems that are told, and a line with the number of the others if there are more.
    pub fn listed(self) -> Vec<Problem> {
        let Self { mut told, more, .. } = self;
        told.extend(more_line(MORE_PROBLEMS, "problems", more));
        told
    }

    /// The value if there is no problem, else the problems.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    fn lines(&self) -> String {
        self.clone().listed().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl Extend<Problem> for Problems {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut all = Self::default();
        all.extend(problems);
        all
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self::from_iter([problem])
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Self::from_iter(problems)
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Problem {
    fn cut(mut self) -> Self {
        cut(&mut self.pointer, POINTER_BYTES_MAX);
        cut(&mut self.detail, DETAIL_BYTES_MAX);
        self
    }
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
        text.shrink_to_fit();
    }
}

/// The number of the row that a problem is about; none if it is not about a row.
fn row(problem: &Problem) -> Option<usize> {
    problem.pointer.split('/').nth(1)?.parse().ok()
}

/// The line that stands for `more` problems or warnings; none if there are no more.
fn more_line(code: &'static str, what: &str, more: usize) -> Option<Problem> {
    let detail = format!("{more} more {what} are not told");
    (more > 0).then(|| Problem { pointer: String::new(), code: code.into(), detail })
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
        let count = problems.len();
        let errors = problems.listed();
        let detail = match errors.as_slice() {
            [only] => only.to_string(),
            _ => format!("{count} problems, see `errors`"),
        };
        Self::new(422, title, code, detail, errors)
    }
}

/// Code of problems and warnings about names that are not known.
pub const UNKNOWN_FIELD: &str = "unknown_field";

/// The first warnings, and the number of the others in place of them.
#[must_use]
pub fn capped(warnings: impl IntoIterator<Item = Problem>) -> Vec<Problem> {
    let mut warnings = warnings.into_iter();
    let mut told: Vec<Problem> = warnings.by_ref().take(TOLD_MAX).map(Problem::cut).collect();
    told.extend(more_line("more_warnings", "warnings", warnings.count()));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(pointer: String) -> Problem {
        Problem { pointer, code: "odd".into(), detail: "is odd".to_owned() }
    }

    #[test]
    fn a_hundred_are_told_and_the_others_counted() {
        let mut all: Problems = (0..150).map(|row| problem(format!("/{row}/a"))).collect();
        all.append((150..400).map(|row| problem(format!("/{row}"))).collect());
        assert_eq!((all.len(), all.rows().len()), (400, 400));
        let listed = all.listed();
        assert_eq!(listed.len(), TOLD_MAX + 1);
        let last = listed.last().map(|last| (last.code.as_ref(), last.detail.as_str()));
        assert_eq!(last, Some((MORE_PROBLEMS, "300 more problems are not told")));
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let listed = Problems::from(problem("é".repeat(600))).listed();
        assert_eq!(listed.first().map(|first| first.pointer.clone()), Some("é".repeat(500) + "…"));
    }
}
