//! Escaping for Markdown: a name from the data stays a name, in a sentence and in a table.

use std::fmt::{self, Write};

/// Puts a backslash before every character that Markdown or HTML could take for its own, and makes a space
/// of every control character.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Markdown;

impl askama::filters::Escaper for Markdown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        string.chars().try_for_each(|character| match character {
            '<' => dest.write_str("&lt;"),
            '>' => dest.write_str("&gt;"),
            '&' => dest.write_str("&amp;"),
            control if control.is_control() => dest.write_char(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                dest.write_char('\\')?;
                dest.write_char(character)
            }
            _ => dest.write_char(character),
        })
    }
}
