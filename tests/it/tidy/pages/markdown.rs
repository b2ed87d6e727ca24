//! Links and anchors of a page.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Where links and images lead that do not leave the repository, each with its line.
pub(super) fn links(page: &str) -> Vec<(usize, String)> {
    let line_of = |at: usize| 1 + page.bytes().take(at).filter(|byte| *byte == b'\n').count();
    Parser::new_ext(page, Options::ENABLE_TABLES)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((line_of(range.start), dest_url.into_string()))
            }
            _ => None,
        })
        .filter(|(_, target)| !has_scheme(target))
        .collect()
}

/// True if it begins like `https:` or `mailto:`.
fn has_scheme(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// The anchors of a page: its headings, as GitHub names them, and anchors that are written out as
/// `<a id="…">`.
pub(super) fn anchors(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut repeated: BTreeMap<String, usize> = BTreeMap::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let times = repeated.entry(slug.clone()).or_default();
                found.insert(if *times == 0 { slug } else { format!("{slug}-{times}") });
                *times += 1;
            }
            Event::Html(html) | Event::InlineHtml(html) => found.extend(written_anchors(&html)),
            _ => {}
        }
    }
    found
}

/// GitHub's name of a heading: lower case, without marks, with hyphens for spaces.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

fn written_anchors(html: &str) -> Vec<String> {
    let values = |attribute: &'static str| {
        html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned)
    };
    values(" id=\"").chain(values(" name=\"")).collect()
}
