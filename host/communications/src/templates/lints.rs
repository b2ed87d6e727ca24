//! Warnings about a template that can be sent.

use super::check::Needs;
use super::document::{Category, Template, Texts};
use super::links::{attributes, unescape};
use super::plain::plain_text;
use super::problem::{Problem, pointer};
use super::support::unsupported;
use super::tags::line_of;

/// Where MJML's own icons of social networks, carousels and accordions come from.
const FOREIGN_ICONS: &[&str] = &["https://www.mailjet.com/", "https://i.imgur.com/"];
/// Gmail cuts a mail whose page is larger, and with it the link to unsubscribe.
const CLIP_BYTES: usize = 102_000;

/// Warnings about the texts of a language, whose page is `html`.
pub(super) fn lints(
    template: &Template,
    language: &str,
    texts: &Texts,
    html: Option<&str>,
    needs: &Needs,
) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |field: &str, line: Option<usize>, code: &'static str, detail: String| {
        let pointer = pointer(language, field);
        found.push(Problem { pointer, line, code, detail });
    };
    let field = texts.body_field();
    if let Some(html) = html {
        if html.len() > CLIP_BYTES {
            add(field, None, "gmail_clips", clip_detail(html.len()));
        }
        let source = texts.body.as_ref().map_or(html, |body| body.source());
        for line in images_without_alt(source) {
            let detail = "the picture has no `alt`: without pictures nothing is read here; write alt=\"\" if it is decoration";
            add(field, Some(line), "missing_alt", detail.to_owned());
        }
        for place in FOREIGN_ICONS.iter().filter(|place| html.contains(**place) && !source.contains(**place))
        {
            let detail = format!(
                "MJML's own icons come from {place}, which learns who reads the mail; name your own with `src` or `icon-…-url`"
            );
            add(field, None, "foreign_icons", detail);
        }
        for found in unsupported(source) {
            add(field, Some(found.line), found.code, found.detail);
        }
        let is_empty = texts
            .text
            .as_ref()
            .map_or_else(|| plain_text(html).trim().is_empty(), |text| text.trim().is_empty());
        if is_empty {
            let detail = "the plain text is empty: mail programs that show no pages show nothing, and filters take it for spam";
            add("text", None, "empty_text", detail.to_owned());
        }
        let is_marketing = template.category == Category::Marketing;
        if is_marketing && !needs.unsubscribe {
            let detail = "advertising needs a way out: put a link to {{ unsubscribe_url }} into the page";
            add(field, None, "missing_unsubscribe", detail.to_owned());
        }
        if texts.subject.as_ref().is_none_or(|subject| subject.trim().is_empty()) {
            add("subject", None, "missing_subject", "the mail has no subject".to_owned());
        }
    }
    found
}

/// Warnings about a page as it was rendered.
pub(super) fn clip(html: &str) -> Option<String> {
    (html.len() > CLIP_BYTES).then(|| clip_detail(html.len()))
}

fn clip_detail(bytes: usize) -> String {
    format!(
        "the page has {bytes} bytes; Gmail shows {CLIP_BYTES} and hides the rest, with the link to unsubscribe"
    )
}

/// Lines of pictures that have no text instead.
fn images_without_alt(source: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, _) in source.match_indices('<') {
        let rest = source.get(at..).unwrap_or_default();
        let is_image = ["<img", "<mj-image"].iter().any(|name| {
            rest.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_whitespace() || letter == '/'))
        });
        if !is_image {
            continue;
        }
        let attributes = attributes(rest);
        let is_pixel = attributes.iter().any(|attribute| {
            attribute.name == "width"
                && unescape(rest.get(attribute.start..attribute.end).unwrap_or_default()) == "1"
        });
        if !is_pixel && !attributes.iter().any(|attribute| attribute.name == "alt") {
            lines.push(line_of(source, at));
        }
    }
    lines
}
