//! Finds the expressions `{{ … }}`, `{% … %}` and `{# … #}` of a text, with their lines, and the words within them.
//!
//! Own code: minijinja does not tell which filters, tests and functions a template names before it runs.

/// The purpose of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{{ … }}`: a value.
    Value,
    /// `{% … %}`: a statement.
    Statement,
    /// `{# … #}`: a remark.
    Remark,
}

/// A tag of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'s> {
    pub(super) kind: Kind,
    /// Byte at which it begins.
    pub(super) start: usize,
    /// Byte after its end.
    pub(super) end: usize,
    /// Between its braces.
    pub(super) inner: &'s str,
    /// Line on which it begins, from 1.
    pub(super) line: usize,
}

/// A word of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'s> {
    /// A name or a keyword.
    Name(&'s str),
    /// A text in quotes, without them.
    Text(&'s str),
    /// A number.
    Number(&'s str),
    /// Anything else, such as `|` or `(`.
    Sign(char),
}

/// The tags of a text in their order, or the line of the first that does not end.
pub(super) fn tags(source: &str) -> Result<Vec<Tag<'_>>, usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_open(source, at) {
        let line = line_of(source, start);
        let rest = source.get(start..).unwrap_or_default();
        let (kind, close) = match rest.as_bytes().get(1) {
            Some(b'%') => (Kind::Statement, "%}"),
            Some(b'#') => (Kind::Remark, "#}"),
            _ => (Kind::Value, "}}"),
        };
        let length = closing(rest, close, kind != Kind::Remark).ok_or(line)?;
        let end = start.saturating_add(length);
        let inner = rest.get(2..length.saturating_sub(2)).unwrap_or_default();
        found.push(Tag { kind, start, end, inner: inner.trim_matches(['-', '+']), line });
        at = end;
    }
    Ok(found)
}

/// The text with spaces in place of expressions, whose signs are none of HTML or CSS. Places stay as they are.
pub(super) fn without_expressions(source: &str) -> String {
    let mut plain = String::with_capacity(source.len());
    let mut at = 0;
    for tag in tags(source).unwrap_or_default() {
        plain.push_str(source.get(at..tag.start).unwrap_or_default());
        plain.extend(std::iter::repeat_n(' ', tag.end.saturating_sub(tag.start)));
        at = tag.end;
    }
    plain.push_str(source.get(at..).unwrap_or_default());
    plain
}

fn next_open(source: &str, from: usize) -> Option<usize> {
    let rest = source.get(from..)?;
    let found = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min()?;
    Some(from.saturating_add(found))
}

/// Length of a tag up to its end, which does not stand within quotes.
fn closing(rest: &str, close: &str, has_quotes: bool) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, letter) in rest.char_indices().skip(2) {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if letter == '\\' => is_escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if has_quotes && (letter == '"' || letter == '\'') => quote = Some(letter),
            None if rest.get(at..).is_some_and(|rest| rest.starts_with(close)) => {
                return Some(at.saturating_add(close.len()));
            }
            None => {}
        }
    }
    None
}

/// The line of a byte, from 1.
pub(super) fn line_of(source: &str, at: usize) -> usize {
    let before = source.as_bytes().get(..at).unwrap_or(source.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}

impl<'s> Tag<'s> {
    /// Its words.
    pub(super) fn words(&self) -> Vec<Word<'s>> {
        let mut words = Vec::new();
        let mut rest = self.inner.trim_start();
        while let Some(letter) = rest.chars().next() {
            let (word, length) = word(rest, letter);
            words.push(word);
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
        words
    }

    /// The keyword of a statement, such as `if`.
    pub(super) fn keyword(&self) -> Option<&'s str> {
        match self.words().first() {
            Some(Word::Name(name)) if self.kind == Kind::Statement => Some(name),
            _ => None,
        }
    }
}

fn word(rest: &str, first: char) -> (Word<'_>, usize) {
    let run = |is_part: fn(char) -> bool| rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    if first.is_alphabetic() || first == '_' {
        let length = run(|letter| letter.is_alphanumeric() || letter == '_');
        return (Word::Name(rest.get(..length).unwrap_or_default()), length);
    }
    if first.is_ascii_digit() {
        let length = run(|letter| letter.is_ascii_digit() || letter == '.');
        return (Word::Number(rest.get(..length).unwrap_or_default()), length);
    }
    if first == '"' || first == '\'' {
        let mut is_escaped = false;
        for (at, letter) in rest.char_indices().skip(1) {
            if !is_escaped && letter == first {
                return (Word::Text(rest.get(1..at).unwrap_or_default()), at.saturating_add(1));
            }
            is_escaped = !is_escaped && letter == '\\';
        }
        return (Word::Text(rest.get(1..).unwrap_or_default()), rest.len());
    }
    (Word::Sign(first), first.len_utf8())
}
