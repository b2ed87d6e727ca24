//! The languages that the words are there in: those of the reasons of the built-in mechanics.

/// A language of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// The language of the first of these locales that the words are there in; else English.
    pub fn of(locales: &[&str]) -> Self {
        let known = |locale: &&str| match locale.split(['-', '_']).next().unwrap_or_default() {
            language if language.eq_ignore_ascii_case("en") => Some(Self::English),
            language if language.eq_ignore_ascii_case("ru") => Some(Self::Russian),
            _ => None,
        };
        locales.iter().find_map(known).unwrap_or(Self::English)
    }

    /// The words of this language, out of both.
    pub(super) fn pick<T>(self, english: T, russian: T) -> T {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_first_locale_that_is_known_decides() {
        for (locales, expected) in [
            (&["ru-RU", "en"][..], Language::Russian),
            (&["de", "RU_ru"], Language::Russian),
            (&["en-GB", "ru"], Language::English),
            (&["rue"], Language::English),
            (&[], Language::English),
        ] {
            assert_eq!(Language::of(locales), expected, "{locales:?}");
        }
    }
}
