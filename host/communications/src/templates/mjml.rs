//! Makes HTML of MJML, with the expressions of the source in place.
//!
//! Expressions are no XML: quotes and `<` in them would break it. So each is replaced by a word, and put back into the
//! HTML. A statement between blocks, where MJML has no place for text, goes into an `mj-raw`.

use mrml::prelude::parser::{Error, ParserOptions, Span, WarningKind};
use mrml::prelude::render::RenderOptions;

use super::problem::Problem;
use super::tags::{Kind, Tag, line_of, tags, without_expressions};

/// Blocks that hold blocks, not text.
const CONTAINERS: &[&str] = &[
    "mjml",
    "mj-body",
    "mj-wrapper",
    "mj-section",
    "mj-group",
    "mj-column",
    "mj-hero",
    "mj-social",
    "mj-navbar",
    "mj-carousel",
    "mj-accordion",
];

/// The elements of MJML that are taken, apart from those of HTML within texts. Its reader takes others as they are.
const ELEMENTS: &[&str] = &[
    "mjml",
    "mj-head",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-breakpoint",
    "mj-font",
    "mj-preview",
    "mj-style",
    "mj-title",
    "mj-include",
    "mj-body",
    "mj-wrapper",
    "mj-section",
    "mj-group",
    "mj-column",
    "mj-hero",
    "mj-text",
    "mj-image",
    "mj-button",
    "mj-divider",
    "mj-spacer",
    "mj-table",
    "mj-raw",
    "mj-social",
    "mj-social-element",
    "mj-navbar",
    "mj-navbar-link",
    "mj-carousel",
    "mj-carousel-image",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-title",
    "mj-accordion-text",
];

/// The outcome of reading MJML.
pub(super) struct Made {
    /// The HTML with the source's expressions.
    pub(super) html: String,
    /// Warnings: attributes that MJML does not know.
    pub(super) warnings: Vec<Problem>,
}

/// A source whose expressions are words.
struct Protected {
    text: String,
    /// Each expression by its word's number: its text, its place in `text` and how much longer it was in the source.
    words: Vec<(String, String)>,
    /// Places of the words in `text`: where one ends there and in the source.
    ends: Vec<(usize, usize)>,
}

/// Makes HTML in a language of the MJML at `pointer`.
pub(super) fn make(pointer: &str, language: &str, source: &str) -> Result<Made, Problem> {
    let problem = |line: Option<usize>, code: &'static str, detail: String| Problem {
        pointer: pointer.to_owned(),
        line,
        code,
        detail,
    };
    let found = tags(source).map_err(|line| {
        problem(Some(line), "expression_not_closed", "this `{{`, `{%` or `{#` is never closed".to_owned())
    })?;
    if let Err((line, detail)) = check_nesting(&without_expressions(source)) {
        return Err(problem(Some(line), "bad_mjml", detail));
    }
    let protected = protect(source, &found);
    let options = ParserOptions::default();
    let parsed = mrml::parse_with_options(&protected.text, &options).map_err(|error| {
        let span = span(&error);
        let line =
            span.map(|span| line_of(source, protected.original(span.start))).or_else(|| parser_line(&error));
        let (code, detail) = explain(&error, span.map(|span| protected.show(span)));
        problem(line, code, detail)
    })?;
    let warnings = parsed.warnings.iter().map(|warning| {
        let line = line_of(source, protected.original(warning.span.start));
        let shown = protected.show(warning.span);
        let detail = match warning.kind {
            WarningKind::UnexpectedAttribute => {
                format!("the element has no attribute `{shown}`; it has no effect")
            }
            WarningKind::InlineStyleUnsupported => format!(
                "`{shown}` has no effect: the style stays in the head of the page, which some mail programs do not read"
            ),
        };
        problem(Some(line), "mjml_warning", detail)
    });
    let warnings = warnings.collect();
    // No fonts from outside: they tell another company who reads the mail.
    let options = RenderOptions { fonts: std::collections::HashMap::new(), ..RenderOptions::default() };
    let html = parsed
        .element
        .render(&options)
        .map_err(|error| problem(None, "bad_mjml", format!("MJML cannot be made into HTML: {error}")))?;
    let html = html.replace("lang=\"und\"", &format!("lang=\"{language}\""));
    Ok(Made { html: protected.restore(&html), warnings })
}

fn span(error: &Error) -> Option<Span> {
    match error {
        Error::UnexpectedElement { position, .. }
        | Error::UnexpectedToken { position, .. }
        | Error::MissingAttribute { position, .. }
        | Error::InvalidAttribute { position, .. }
        | Error::InvalidFormat { position, .. }
        | Error::IncludeLoaderError { position, .. } => Some(*position),
        Error::EndOfStream { .. }
        | Error::SizeLimit { .. }
        | Error::ParserError { .. }
        | Error::NoRootNode => None,
    }
}

/// The line that the tokenizer names at the end of its text: `… at 12:5`.
fn parser_line(error: &Error) -> Option<usize> {
    let text = std::error::Error::source(error)?.to_string();
    text.rsplit(' ').next()?.split(':').next()?.parse().ok()
}

fn explain(error: &Error, shown: Option<String>) -> (&'static str, String) {
    let shown = shown.unwrap_or_default();
    match error {
        Error::UnexpectedElement { .. } => {
            ("bad_mjml", format!("the element `{shown}` does not exist in MJML, or not at this place"))
        }
        Error::UnexpectedToken { .. } => (
            "bad_mjml",
            format!("`{shown}` is not expected here: text belongs into an mj-text, elements must be closed"),
        ),
        Error::MissingAttribute { name, .. } => {
            ("bad_mjml", format!("the element `{shown}` needs the attribute `{name}`"))
        }
        Error::IncludeLoaderError { .. } => {
            ("no_includes", format!("`{shown}`: nothing is included from outside; write its content out"))
        }
        Error::EndOfStream { .. } => {
            ("bad_mjml", "the text ends before all its elements are closed".to_owned())
        }
        Error::NoRootNode => ("bad_mjml", "there is no <mjml> element around everything".to_owned()),
        Error::ParserError { source, .. } => ("bad_mjml", format!("this is not well-formed: {source}")),
        Error::InvalidAttribute { .. } | Error::InvalidFormat { .. } | Error::SizeLimit { .. } => {
            ("bad_mjml", format!("`{shown}`: {error}"))
        }
    }
}

/// Refuses elements that are closed by another name, which MJML's reader takes.
fn check_nesting(source: &str) -> Result<(), (usize, String)> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for (at, element) in elements(source) {
        match element {
            Element::Alone(name) | Element::Open(name) if !ELEMENTS.contains(&name) => {
                return Err((
                    line_of(source, at),
                    format!(
                        "<{name}> is not taken here; the elements that are taken are {}",
                        ELEMENTS.join(", ")
                    ),
                ));
            }
            Element::Alone(_) => {}
            Element::Html(name) => {
                if let Some((block, _)) = open.last()
                    && CONTAINERS.contains(block)
                {
                    let detail =
                        format!("<{name}> has no place in <{block}>; put it into an mj-text or an mj-raw");
                    return Err((line_of(source, at), detail));
                }
            }
            Element::Open(name) => open.push((name, at)),
            Element::Close(name) => match open.pop() {
                Some((opened, _)) if opened == name => {}
                Some((opened, at_open)) => {
                    let line = line_of(source, at_open);
                    let detail =
                        format!("</{name}> closes <{opened}> of line {line}; write </{opened}> before it");
                    return Err((line_of(source, at), detail));
                }
                None => return Err((line_of(source, at), format!("</{name}> closes nothing"))),
            },
        }
    }
    match open.last() {
        Some((name, at)) => Err((line_of(source, *at), format!("<{name}> is never closed; write </{name}>"))),
        None => Ok(()),
    }
}

enum Element<'s> {
    /// `<name />`
    Alone(&'s str),
    Open(&'s str),
    Close(&'s str),
    /// `<name …` of HTML.
    Html(&'s str),
}

/// The elements in their order, without those in remarks, and without the ends of those of HTML.
fn elements(source: &str) -> impl Iterator<Item = (usize, Element<'_>)> {
    let mut remark_until = 0;
    source.match_indices('<').filter_map(move |(at, _)| {
        let rest = source.get(at.saturating_add(1)..)?;
        if at < remark_until {
            return None;
        }
        if rest.starts_with("!--") {
            remark_until = rest.find("-->").map_or(source.len(), |end| at.saturating_add(end));
            return None;
        }
        let (is_close, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')?;
        let name = rest.get(..length)?;
        if name != "mjml" && !name.starts_with("mj-") {
            return (!is_close && !name.is_empty()).then_some((at, Element::Html(name)));
        }
        if is_close {
            return Some((at, Element::Close(name)));
        }
        Some((at, if closes_itself(rest) { Element::Alone(name) } else { Element::Open(name) }))
    })
}

/// True if the element whose tag begins here ends with `/>`.
fn closes_itself(rest: &str) -> bool {
    let mut quote = None;
    let mut last = ' ';
    for letter in rest.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == '>' => return last == '/',
            None => {}
        }
        last = letter;
    }
    false
}

/// True where a statement stands between blocks: the innermost element that is open there holds blocks.
fn is_between_blocks(before: &str) -> bool {
    let within_tag = before.rfind('<') > before.rfind('>');
    let mut open = Vec::new();
    for (_, element) in elements(before) {
        match element {
            Element::Alone(_) | Element::Html(_) => {}
            Element::Open(name) => open.push(name),
            Element::Close(_) => drop(open.pop()),
        }
    }
    !within_tag && open.last().is_some_and(|name| CONTAINERS.contains(name))
}

fn protect(source: &str, found: &[Tag<'_>]) -> Protected {
    let mut protected = Protected { text: String::new(), words: Vec::new(), ends: Vec::new() };
    let mut at = 0;
    for tag in found {
        protected.text.push_str(source.get(at..tag.start).unwrap_or_default());
        let word = format!("xq{}qx", protected.words.len());
        if tag.kind != Kind::Value && is_between_blocks(&protected.text) {
            protected.text.push_str(&format!("<mj-raw>{word}</mj-raw>"));
        } else {
            protected.text.push_str(&word);
        }
        protected.words.push((word, source.get(tag.start..tag.end).unwrap_or_default().to_owned()));
        protected.ends.push((protected.text.len(), tag.end));
        at = tag.end;
    }
    protected.text.push_str(source.get(at..).unwrap_or_default());
    protected
}

impl Protected {
    /// The place in the source of a place in the text.
    fn original(&self, place: usize) -> usize {
        let before = self.ends.iter().rev().find(|(end, _)| *end <= place);
        before.map_or(place, |(end, original)| place.saturating_sub(*end).saturating_add(*original))
    }

    /// What stands at a place, on one line and not long.
    fn show(&self, span: Span) -> String {
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        let line: Vec<_> = self.restore(text).split_whitespace().map(str::to_owned).collect();
        line.join(" ").chars().take(80).collect()
    }

    /// A text with the expressions in place of their words.
    fn restore(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("xq") {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            restored.push_str(before);
            let digits = from.get(2..).unwrap_or_default();
            let length = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
            let number = digits.get(..length).and_then(|digits| digits.parse::<usize>().ok());
            let closed = digits.get(length..).is_some_and(|rest| rest.starts_with("qx"));
            match number.filter(|_| closed).and_then(|number| self.words.get(number)) {
                Some((word, tag)) => {
                    restored.push_str(tag);
                    rest = from.get(word.len()..).unwrap_or_default();
                }
                None => {
                    restored.push_str("xq");
                    rest = digits;
                }
            }
        }
        restored.push_str(rest);
        restored
    }
}
