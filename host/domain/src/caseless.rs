//! How identifiers of members, e-mail addresses and coupon codes compare: people type them, and scanners and other
//! systems spell them differently.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization as _;

/// The form by which texts compare: without spaces around, in Unicode's compatibility form, with case folded, and
/// without characters that nobody sees. It is never shown, and two texts are the same if their forms are.
///
/// The mapping is `toNFKC_Casefold` (The Unicode Standard, section 3.13.5), and drops control characters, which scanners
/// add and PostgreSQL does not take.
pub fn folded(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        let is_folded = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if is_folded { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_lowercase()) };
    }
    let unseen = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let is_seen = |letter: &char| !letter.is_control() && !unseen.contains(*letter);
    let seen: String = text.nfd().filter(is_seen).collect();
    // Compatibility forms of letters have a case of their own, so that one round is not enough.
    let once: String = UniCase::new(seen).to_folded_case().nfkc().collect();
    let twice: String = UniCase::new(once).to_folded_case().nfkc().filter(is_seen).collect();
    Cow::Owned(twice.trim().to_owned())
}

/// Kind and value of an identifier in the form by which identifiers compare.
pub fn folded_identifier(kind: &str, value: &str) -> (String, String) {
    (folded(kind).into_owned(), folded(value).into_owned())
}

/// A code as it was written. Codes are equal if their folded forms are.
#[derive(Debug, Clone)]
pub struct Code {
    written: String,
    folded: String,
}

impl Code {
    /// The code with this spelling.
    pub fn new(written: impl Into<String>) -> Self {
        let written = written.into();
        Self { folded: folded(&written).into_owned(), written }
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The form by which it compares.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Code {}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Code {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_text_have_one_form() {
        let cases: [(&str, &[&str]); 10] = [
            (
                "ab-12",
                &[
                    "AB-12",
                    " aB-12\t",
                    "\u{feff}ab-12",
                    "\u{ff21}\u{ff22}-\u{ff11}2",
                    "ab\u{ad}-12",
                    "\u{1d}AB\0-12",
                ],
            ),
            ("strasse@example.org", &["Stra\u{df}e@Example.ORG", "STRASSE@example.org\u{a0}"]),
            ("caf\u{e9}", &["CAFE\u{301}", "Caf\u{c9}", "\u{3000}caf\u{e9}"]),
            ("\u{3c3}\u{3c3}", &["\u{3a3}\u{3c2}"]),
            ("i\u{307}", &["\u{130}", "I\u{307}"]),
            ("k", &["K", "\u{212a}", "\u{ff2b}", "\u{1d40a}"]),
            ("ffi", &["\u{fb03}", "FFI"]),
            ("\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}", &["\u{41f}\u{420}\u{418}\u{412}\u{415}\u{422}"]),
            ("1 2", &["1 2", "1\u{a0}2"]),
            ("", &["", " ", "\u{200b}", "\u{2003}\u{feff}"]),
        ];
        for (form, spellings) in cases {
            for spelling in spellings {
                assert_eq!(folded(spelling), form, "{spelling:?}");
                assert_eq!(Code::new(*spelling), Code::new(form), "{spelling:?}");
            }
        }
        assert_ne!(folded("O0"), folded("00"), "letters that look alike are other letters");
        assert_ne!(folded("1 2"), folded("12"), "spaces within count");
    }

    /// Folding what is folded changes nothing: the stored form of a stored form is the same.
    #[test]
    fn the_form_of_a_form_is_itself() {
        let letters = (0..0x2_0000_u32).chain(0xe_0000..0xe_0200).filter_map(char::from_u32);
        for letter in letters {
            for text in [letter.to_string(), format!("a{letter}\u{345}"), format!("{letter}\u{301}B")] {
                let form = folded(&text).into_owned();
                assert_eq!(folded(&form), form, "{text:?}");
            }
        }
    }
}
