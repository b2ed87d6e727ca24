//! Features that many mail programs do not show: properties, values, functions and rules of CSS, and elements of HTML.
//!
//! The table comes from caniemail.com (`cargo xtask mail-support`). Only what an author writes is looked at: what MJML
//! makes of its own elements has a way round for each program.

use std::collections::BTreeMap;

use super::tags::{line_of, without_expressions};

/// Kind, name, share of mail programs that show it in percent, and those that do not, separated by tabs.
const TABLE: &str = include_str!("mail_support.tsv");

/// Something that many mail programs do not show.
pub(super) struct Unsupported {
    /// Line of the first place.
    pub(super) line: usize,
    /// `css_unsupported` or `html_unsupported`.
    pub(super) code: &'static str,
    /// For people.
    pub(super) detail: String,
}

/// The parts of a source that many mail programs do not show: each once, with its first place.
pub(super) fn unsupported(source: &str) -> Vec<Unsupported> {
    let plain = without_expressions(source);
    let mut found: BTreeMap<(&str, String), (usize, usize)> = BTreeMap::new();
    let mut add = |kind, name: String, at: usize| {
        let (_, places) = found.entry((kind, name)).or_insert((at, 0));
        *places = places.saturating_add(1);
    };
    for (start, end) in styles(&plain, &mut add) {
        declarations(plain.get(start..end).unwrap_or_default(), start, &mut add);
    }
    let mut all: Vec<_> = found
        .into_iter()
        .filter_map(|((kind, name), place)| row(kind, &name).map(|row| (row, place)))
        .collect();
    all.sort_by_key(|(_, (at, _))| *at);
    all.into_iter().map(|(row, (at, places))| row.tell(line_of(source, at), places)).collect()
}

/// A row of the table.
struct Row {
    kind: &'static str,
    name: &'static str,
    percent: &'static str,
    programs: &'static str,
}

fn row(kind: &str, name: &str) -> Option<Row> {
    TABLE.lines().find_map(|line| {
        let mut cells = line.split('\t');
        let row =
            Row { kind: cells.next()?, name: cells.next()?, percent: cells.next()?, programs: cells.next()? };
        (row.kind == kind && row.name == name).then_some(row)
    })
}

impl Row {
    fn tell(&self, line: usize, places: usize) -> Unsupported {
        let Self { kind, name, percent, programs } = self;
        let (code, shown) = match *kind {
            "html" => ("html_unsupported", format!("<{name}>")),
            "function" => ("css_unsupported", format!("{name}()")),
            "rule" => ("css_unsupported", format!("@{name}")),
            _ => ("css_unsupported", (*name).to_owned()),
        };
        let more = if places > 1 { format!(", which stands in {places} places,") } else { String::new() };
        let detail = format!(
            "`{shown}`{more} is shown by {percent} % of mail programs only, and not by {programs}; see that the page can be read without it"
        );
        Unsupported { line, code, detail }
    }
}

/// Tells the elements of a page, and returns where its styles stand: of attributes and of elements.
fn styles(page: &str, add: &mut impl FnMut(&'static str, String, usize)) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = page.get(at..).and_then(|rest| rest.find('<')).map(|next| at.saturating_add(next))
    {
        let rest = page.get(start..).unwrap_or_default();
        at = start.saturating_add(1);
        if rest.starts_with("<!--") {
            // What is for old programs of Microsoft alone is in such comments, too.
            at = rest.find("-->").map_or(page.len(), |end| start.saturating_add(end));
            continue;
        }
        let name: String = rest
            .chars()
            .skip(1)
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect();
        let name = name.to_ascii_lowercase();
        for attribute in super::links::attributes(rest) {
            if attribute.name == "style" {
                found.push((start.saturating_add(attribute.start), start.saturating_add(attribute.end)));
            }
        }
        if name == "style" || name == "mj-style" {
            let open = rest.find('>').map_or(rest.len(), |open| open.saturating_add(1));
            let length = rest.get(open..).and_then(|style| style.find("</")).unwrap_or_default();
            let from = start.saturating_add(open);
            at = from.saturating_add(length);
            found.push((from, at));
        }
        add("html", name, start);
    }
    found
}

/// Tells what the declarations and rules of a style at a place use.
fn declarations(style: &str, start: usize, add: &mut impl FnMut(&'static str, String, usize)) {
    let style = without_remarks(style);
    let mut begin = 0;
    for (end, sign) in style.match_indices(['{', '}', ';']).chain([(style.len(), ";")]) {
        let part = style.get(begin..end).unwrap_or_default();
        let space = part.len().saturating_sub(part.trim_start().len());
        let place = start.saturating_add(begin).saturating_add(space);
        begin = end.saturating_add(sign.len());
        let part = part.trim().to_ascii_lowercase();
        if let Some(rule) = part.strip_prefix('@') {
            add(
                "rule",
                rule.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '-').collect(),
                place,
            );
        } else if sign != "{"
            && let Some((name, value)) = part.split_once(':')
        {
            let name = name.trim_end();
            let value = value.trim().trim_end_matches("!important").trim_end();
            add("property", name.to_owned(), place);
            add("value", format!("{name}:{value}"), place);
            for function in functions(value) {
                add("function", function.to_owned(), place);
            }
        }
    }
}

/// Names of the functions of a value.
fn functions(value: &str) -> impl Iterator<Item = &str> {
    value.match_indices('(').map(|(at, _)| {
        let before = value.get(..at).unwrap_or_default();
        before
            .rsplit(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
            .next()
            .unwrap_or_default()
    })
}

/// A style with spaces in place of its remarks.
fn without_remarks(style: &str) -> String {
    let mut plain = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, from)) = rest.split_once("/*") {
        let length = from.find("*/").map_or(from.len(), |end| end.saturating_add(2));
        plain.push_str(before);
        plain.extend(std::iter::repeat_n(' ', length.saturating_add(2)));
        rest = from.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}
