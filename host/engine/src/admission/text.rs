//! Texts that are uploaded in place of a component, and the language that they are probably in.

use std::fmt;

/// Number of characters of a text that are examined.
const LOOKED_AT: usize = 16 << 10;

/// The probable language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// The text format of WebAssembly.
    Wat,
    /// JavaScript or TypeScript.
    JavaScript,
    /// Python.
    Python,
    /// Rust.
    Rust,
    /// None of these.
    Other,
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wat => "WebAssembly in the text format",
            Self::JavaScript => "JavaScript source",
            Self::Python => "Python source",
            Self::Rust => "Rust source",
            Self::Other => "text",
        })
    }
}

impl Text {
    /// The probable language, by words at the start of a line that other languages seldom have there.
    pub(super) fn of(text: &str) -> Self {
        const STARTS: [(&str, Text); 19] = [
            ("(module", Text::Wat),
            ("(component", Text::Wat),
            (";;", Text::Wat),
            ("use ", Text::Rust),
            ("fn ", Text::Rust),
            ("pub ", Text::Rust),
            ("impl ", Text::Rust),
            ("#![", Text::Rust),
            ("export ", Text::JavaScript),
            ("function ", Text::JavaScript),
            ("const ", Text::JavaScript),
            ("let ", Text::JavaScript),
            ("import {", Text::JavaScript),
            ("'use strict'", Text::JavaScript),
            ("\"use strict\"", Text::JavaScript),
            ("def ", Text::Python),
            ("class ", Text::Python),
            ("from ", Text::Python),
            ("import ", Text::Python),
        ];
        let text: String = text.chars().take(LOOKED_AT).collect();
        let named =
            |line: &str| STARTS.iter().find(|(start, _)| line.starts_with(start)).map(|(_, name)| *name);
        text.lines().find_map(|line| named(line.trim_start())).unwrap_or(Self::Other)
    }
}
