//! The plain text of a page: what is read without its looks, with the addresses of its links.

use super::links::{attributes, unescape};

/// Elements that begin a line of their own.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "br",
    "hr",
    "section",
    "article",
    "header",
    "footer",
    "blockquote",
    "pre",
];
/// Elements whose content nobody reads.
const UNSEEN: &[&str] = &["head", "style", "script", "title"];

/// The text of a page.
pub fn plain_text(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    let mut hidden: Option<(String, usize)> = None;
    while let Some((before, from)) = rest.split_once('<') {
        if hidden.is_none() {
            text.add(before);
        }
        if let Some(comment) = from.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let length = tag_length(from);
        let tag = from.get(..length).unwrap_or_default();
        rest = from.get(length.saturating_add(1)..).unwrap_or_default();
        let is_close = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        hidden = match hidden {
            Some((element, depth)) if element == name && !tag.ends_with('/') => match (is_close, depth) {
                (true, 1) => None,
                (true, depth) => Some((element, depth.saturating_sub(1))),
                (false, depth) => Some((element, depth.saturating_add(1))),
            },
            Some(hidden) => Some(hidden),
            None if !is_close && is_unseen(&name, tag) => Some((name, 1)),
            None => {
                text.element(&name, tag, is_close);
                None
            }
        };
    }
    if hidden.is_none() {
        text.add(rest);
    }
    text.finish()
}

/// True for an element that is not shown: scripts and styles, and what is hidden by its style.
fn is_unseen(name: &str, tag: &str) -> bool {
    let is_void = ["img", "br", "hr", "meta", "link", "input"].contains(&name);
    let style = value(tag, "style").to_ascii_lowercase().replace(' ', "");
    UNSEEN.contains(&name) || (!is_void && style.contains("display:none"))
}

fn tag_length(from: &str) -> usize {
    let mut quote = None;
    for (at, letter) in from.char_indices() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == '>' => return at,
            None => {}
        }
    }
    from.len()
}

/// The value of an attribute of a tag, without escapes; empty if there is none.
fn value(tag: &str, name: &str) -> String {
    let tag = format!("<{tag}>");
    let found = attributes(&tag).into_iter().find(|attribute| attribute.name == name);
    found.map(|found| unescape(tag.get(found.start..found.end).unwrap_or_default())).unwrap_or_default()
}

/// A text that grows.
#[derive(Default)]
struct Text {
    written: String,
    /// Lines to begin before the next word.
    breaks: usize,
    space: bool,
    /// Address of the link that is open, and where its words begin.
    link: Option<(String, usize)>,
}

impl Text {
    fn add(&mut self, html: &str) {
        let text = unescape(html);
        self.space |= text.starts_with(char::is_whitespace);
        for word in text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
            self.word(word);
            self.space = true;
        }
        self.space = self.space && (text.is_empty() || text.ends_with(char::is_whitespace));
    }

    fn word(&mut self, word: &str) {
        if self.written.is_empty() {
            self.breaks = 0;
        } else if self.breaks > 0 {
            self.written.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
        } else if self.space {
            self.written.push(' ');
        }
        self.breaks = 0;
        self.space = false;
        self.written.push_str(word);
    }

    fn element(&mut self, name: &str, tag: &str, is_close: bool) {
        match name {
            "a" if !is_close => {
                let address = value(tag, "href");
                self.link = address.starts_with("http").then_some((address, self.written.len()));
            }
            "a" => {
                if let Some((address, from)) = self.link.take()
                    && !self.written.get(from..).is_some_and(|words| words.contains(&address))
                {
                    self.space = true;
                    self.word(&format!("<{address}>"));
                }
            }
            "img" => {
                let alt = value(tag, "alt");
                self.add(&alt.replace('&', "&amp;"));
            }
            "li" if !is_close => {
                self.breaks = self.breaks.max(1);
                self.word("-");
                self.space = true;
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.breaks = 2,
            "td" | "th" => self.space = true,
            name if BLOCKS.contains(&name) => self.breaks = self.breaks.max(1),
            _ => {}
        }
    }

    fn finish(self) -> String {
        let mut text = self.written;
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }
}
