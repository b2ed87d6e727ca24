//! The links of a page: found, numbered, and replaced.
//!
//! Own code: pages are the host's own HTML, from MJML or from an author, and all that is looked for is the `href` of an
//! `a` or `area`; an HTML parser would be a heavier thing to give bytes of messages to.

/// A link of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number: the place among the links of the page, from 0.
    pub number: usize,
    /// Where it leads, without HTML's escapes.
    pub address: String,
}

/// The links to the web of a page, in their order.
pub fn links(html: &str) -> Vec<Link> {
    let addresses = places(html).into_iter().map(|(_, _, address)| address);
    addresses.enumerate().map(|(number, address)| Link { number, address }).collect()
}

/// The page with other addresses: `replace` gives the new one of a link, or nothing to leave it.
pub fn rewrite(html: &str, mut replace: impl FnMut(&Link) -> Option<String>) -> String {
    let mut written = String::with_capacity(html.len());
    let mut at = 0;
    for (number, (start, end, address)) in places(html).into_iter().enumerate() {
        if let Some(new) = replace(&Link { number, address }) {
            written.push_str(html.get(at..start).unwrap_or_default());
            written.push_str(&escape(&new));
            at = end;
        }
    }
    written.push_str(html.get(at..).unwrap_or_default());
    written
}

/// Where the addresses of links stand, with the addresses.
fn places(html: &str) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = html.get(at..).and_then(|rest| rest.find('<')) {
        let start = at.saturating_add(next);
        let rest = html.get(start..).unwrap_or_default();
        if rest.starts_with("<!--") && !rest.starts_with("<!--[if") {
            at = rest.find("-->").map_or(html.len(), |end| start.saturating_add(end));
            continue;
        }
        at = start.saturating_add(1);
        let name: String = rest
            .chars()
            .skip(1)
            .take_while(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        let is_link = name == "a" || name == "area";
        for attribute in attributes(rest) {
            let end = start.saturating_add(attribute.end);
            at = at.max(end);
            if is_link && attribute.name == "href" {
                let from = start.saturating_add(attribute.start);
                let address = unescape(html.get(from..end).unwrap_or_default());
                if address.starts_with("http://") || address.starts_with("https://") {
                    found.push((from, end, address));
                }
            }
        }
    }
    found
}

/// An attribute of an element: the place of its value in the text that begins with the element.
pub(super) struct Attribute {
    /// In small letters.
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The attributes with values of the element that a text begins with.
pub(super) fn attributes(tag: &str) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut name = String::new();
    let mut letters = tag.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '>' => break,
            '=' => {
                while letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {}
                let Some((first, open)) = letters.next() else { break };
                let (start, end) = if open == '"' || open == '\'' {
                    let end = letters.by_ref().find(|(_, letter)| *letter == open);
                    (first.saturating_add(1), end.map_or(tag.len(), |(end, _)| end))
                } else {
                    let mut end = first.saturating_add(open.len_utf8());
                    while let Some((at, letter)) =
                        letters.next_if(|(_, letter)| !letter.is_whitespace() && *letter != '>')
                    {
                        end = at.saturating_add(letter.len_utf8());
                    }
                    (first, end)
                };
                found.push(Attribute { name: std::mem::take(&mut name), start, end });
            }
            letter if letter.is_whitespace() || letter == '/' => {
                // `name = value` is taken, too.
                let rest = tag.get(at..).unwrap_or_default().trim_start();
                if !rest.starts_with('=') {
                    name.clear();
                }
            }
            letter => name.push(letter.to_ascii_lowercase()),
        }
    }
    found
}

/// A text as it stands in an attribute of HTML.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A text of HTML without its escapes: the five of XML, the space that does not break, and numbers.
pub(super) fn unescape(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, from)) = rest.split_once('&') {
        text.push_str(before);
        let escape = from.split_once(';').filter(|(name, _)| name.len() <= 8);
        match escape.and_then(|(name, after)| Some((letter(name)?, after))) {
            Some((letter, after)) => {
                text.push(letter);
                rest = after;
            }
            None => {
                text.push('&');
                rest = from;
            }
        }
    }
    text.push_str(rest);
    text
}

fn letter(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "zwnj" => Some('\u{200c}'),
        "shy" => Some('\u{ad}'),
        "ndash" => Some('\u{2013}'),
        "mdash" => Some('\u{2014}'),
        "laquo" => Some('\u{ab}'),
        "raquo" => Some('\u{bb}'),
        "copy" => Some('\u{a9}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
