//! Texts in one or more languages.

use std::collections::BTreeMap;

/// A text in one or more languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalizedText {
    /// Text by locale. A text for all languages has the empty string as its locale.
    texts: BTreeMap<String, String>,
}

impl LocalizedText {
    /// A text for all languages.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::by_locale([(String::new(), text.into())])
    }

    /// Texts by locale, such as `ru` or `pt-BR`.
    pub fn by_locale(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { texts: texts.into_iter().collect() }
    }

    /// The text for the first of the `wanted` locales that has one, by the exact locale or by its
    /// language; otherwise the text whose locale sorts first. Empty if there are no texts.
    pub fn in_locales(&self, wanted: &[&str]) -> &str {
        let found = wanted.iter().find_map(|locale| in_locale(&self.texts, locale));
        found.or_else(|| self.texts.values().next().map(String::as_str)).unwrap_or_default()
    }
}

/// The text for the wanted locale, out of texts by locale: that of the same locale, else that of its
/// language, else the first in any locale of its language. Letter case does not matter.
pub fn in_locale<'a>(
    texts: impl IntoIterator<Item = (&'a String, &'a String)> + Clone,
    wanted: &str,
) -> Option<&'a str> {
    let first = |fits: &dyn Fn(&str) -> bool| {
        let mut texts = texts.clone().into_iter();
        texts.find(|(locale, _)| fits(locale)).map(|(_, text)| text.as_str())
    };
    first(&|locale| locale.eq_ignore_ascii_case(wanted))
        .or_else(|| first(&|locale| locale.eq_ignore_ascii_case(language(wanted))))
        .or_else(|| first(&|locale| language(locale).eq_ignore_ascii_case(language(wanted))))
}

/// The language of a locale: `pt` of `pt-BR` and of `pt_BR`.
fn language(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_is_taken() {
        let names = ["de", "en", "en-GB", "pt-BR"];
        let text = LocalizedText::by_locale(names.map(|name| (name.to_owned(), name.to_owned())));
        for (wanted, expected) in [
            (&["en-GB", "de"][..], "en-GB"),
            (&["EN-gb"], "en-GB"),
            (&["en-US", "de"], "en"),
            (&["en_US"], "en"),
            (&["pt", "en"], "pt-BR"),
            (&["pt-PT", "en"], "pt-BR"),
            (&["ru", "en"], "en"),
            (&["ru", "fr"], "de"),
            (&[], "de"),
        ] {
            assert_eq!(text.in_locales(wanted), expected, "{wanted:?}");
        }
        assert_eq!(LocalizedText::plain("same").in_locales(&["ru"]), "same");
        assert_eq!(LocalizedText::default().in_locales(&["ru"]), "");
    }
}
