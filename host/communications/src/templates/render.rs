//! Renders a compiled template: one function for previews, tests and sending.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use minijinja::{Error, ErrorKind};
use serde::Serialize;

use super::compile::Compiled;
use super::context::{Context, context};
use super::lints::clip;
use super::plain::plain_text;
use super::values::Values;

/// A message as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// The language of its texts.
    pub language: String,
    /// Subject, on one line; empty if the template has none.
    pub subject: String,
    /// Preheader, on one line; empty if the template has none.
    pub preheader: String,
    /// The page, for e-mail.
    pub html: Option<String>,
    /// The plain text.
    pub text: String,
    /// Warnings about it, as code and text.
    pub warnings: Vec<(String, String)>,
}

/// Why a message cannot be made for a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{place}{}: {detail} ({code})", line.map(|line| format!(" line {line}")).unwrap_or_default())]
pub struct RenderError {
    /// `missing_value`, `promise_void`, `too_much_work`, `output_too_large` or `template_failed`.
    pub code: &'static str,
    /// JSON Pointer to the text in the template's document.
    pub place: String,
    /// Line of the text, from 1, where it is known.
    pub line: Option<usize>,
    /// For people.
    pub detail: String,
}

/// Keeps what is written, up to a number of bytes.
struct Capped {
    written: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl io::Write for &mut Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.len().saturating_add(bytes.len()) > self.most {
            self.is_full = true;
            return Err(io::Error::other("the text is too large"));
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Compiled {
    /// Renders the message for these values.
    pub fn render(&self, values: &Values) -> Result<Rendered, RenderError> {
        let language = self.template.language_for(values.language.as_deref()).to_owned();
        let values = Arc::new(values.clone());
        let context = context(&values, &language, self.template.stand_in_picture.as_deref());
        let line =
            |part: &str| self.part(&language, part, &context).map(|text| text.map(|text| on_one_line(&text)));
        let subject = line("subject.txt")?.unwrap_or_default();
        let preheader = line("preheader.txt")?.unwrap_or_default();
        let html = self.part(&language, "body.html", &context)?;
        let html = html.map(|html| with_preheader(html, &preheader));
        let text = match (self.part(&language, "text.txt", &context)?, &html) {
            (Some(text), _) => text,
            (None, Some(html)) => plain_text(html),
            (None, None) => String::new(),
        };
        let clipped = html.as_deref().and_then(clip);
        let warnings = clipped.into_iter().map(|detail| ("gmail_clips".to_owned(), detail)).collect();
        Ok(Rendered { language, subject, preheader, html, text, warnings })
    }

    /// One text of a language; `None` if the template has none.
    fn part(&self, language: &str, part: &str, context: &Context) -> Result<Option<String>, RenderError> {
        let name = format!("{language}/{part}");
        let Ok(template) = self.environment.get_template(&name) else { return Ok(None) };
        let mut capped = Capped { written: Vec::new(), most: self.limits.output_bytes, is_full: false };
        let result = template.render_captured_to(context.root.clone(), &mut capped).map(drop);
        let is_full = capped.is_full;
        match result {
            Ok(()) => Ok(Some(String::from_utf8_lossy(&capped.written).into_owned())),
            Err(error) => Err(self.explain(&name, &error, is_full, context)),
        }
    }

    fn explain(&self, name: &str, error: &Error, is_full: bool, context: &Context) -> RenderError {
        let (pointer, line) = self.place(name, error);
        let what = error.detail().unwrap_or("a value");
        let what = what.strip_suffix(" is undefined").unwrap_or(what);
        let is_void = context.touched_void.load(Ordering::Relaxed);
        let (code, detail) = match error.kind() {
            _ if is_full => {
                let most = self.limits.output_bytes;
                let advice =
                    "shorten it, and what its loops repeat; the limit is communications.render_bytes";
                ("output_too_large", format!("the text grows over {most} bytes; {advice}"))
            }
            kind if kind == ErrorKind::OutOfFuel || what.ends_with("too many elements") => {
                let detail = "the text takes too many steps: is there a loop without an end? The limit is communications.render_steps";
                ("too_much_work", detail.to_owned())
            }
            _ if is_void => {
                let detail = "the till would not pay an offer that the text promises; put the part into `{% if offer(\"…\") %}`";
                ("promise_void", detail.to_owned())
            }
            ErrorKind::UndefinedError => {
                let advice = "fill it, or write what stands instead with `| default(\"…\")` or `{% if … %}`";
                ("missing_value", format!("{what} is missing; {advice}"))
            }
            kind => ("template_failed", format!("{kind}: {what}")),
        };
        RenderError { code, place: pointer, line, detail }
    }
}

/// A text without line breaks, which would begin another header.
fn on_one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_whitespace() && letter != '\u{a0}' || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The page with the preheader as its first text, which is not shown.
fn with_preheader(html: String, preheader: &str) -> String {
    if preheader.is_empty() {
        return html;
    }
    let body = html.find("<body").and_then(|at| Some(at.saturating_add(html.get(at..)?.find('>')?)));
    let after = body.map_or(0, |end| end.saturating_add(1));
    let (before, rest) = html.split_at_checked(after).unwrap_or(("", &html));
    let style =
        "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden";
    format!("{before}<div style=\"{style}\">{}</div>{rest}", super::links::escape(preheader))
}
