//! Ids and names from outside: of purchases, members, goods, tills, offers, and whatever else is stored under its name.

use thiserror::Error;

use crate::caseless::folded;

/// The most characters of an id. An index of PostgreSQL holds rows of three such ids.
pub const CHARACTERS_MAX: usize = 200;

/// A text that cannot be an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// It has no character that is seen.
    #[error("must have a character that is seen")]
    Blank,
    /// It has too many characters.
    #[error("has {0} characters; at most {CHARACTERS_MAX} are taken")]
    TooLong(usize),
    /// It has a control character, which no database and no terminal takes well.
    #[error("has the control character U+{0:04X}")]
    ControlCharacter(u32),
}

impl IdError {
    /// Stable code for API answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Blank => "empty",
            Self::TooLong(_) => "id_too_long",
            Self::ControlCharacter(_) => "control_character",
        }
    }
}

/// Checks that a text can be an id.
pub fn check(text: &str) -> Result<(), IdError> {
    if let Some(control) = text.chars().find(|letter| letter.is_control()) {
        return Err(IdError::ControlCharacter(u32::from(control)));
    }
    // Bytes first, since most ids are short.
    if text.len() > CHARACTERS_MAX {
        let characters = text.chars().count();
        if characters > CHARACTERS_MAX {
            return Err(IdError::TooLong(characters));
        }
    }
    if folded(text).is_empty() { Err(IdError::Blank) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_seen() {
        for (text, expected) in [
            ("store-77/till-3".to_owned(), Ok(())),
            (" a b ".to_owned(), Ok(())),
            ("\u{1f4a5}".repeat(CHARACTERS_MAX), Ok(())),
            ("x".repeat(CHARACTERS_MAX + 1), Err(IdError::TooLong(201))),
            ("\u{1f4a5}".repeat(6_000), Err(IdError::TooLong(6_000))),
            ("a\0b".to_owned(), Err(IdError::ControlCharacter(0))),
            ("a\u{85}".to_owned(), Err(IdError::ControlCharacter(0x85))),
            (" \u{200b}".to_owned(), Err(IdError::Blank)),
            (String::new(), Err(IdError::Blank)),
        ] {
            assert_eq!(check(&text), expected, "{text:?}");
        }
    }
}
