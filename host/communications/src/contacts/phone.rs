//! Phone numbers in the form E.164.

use std::str::FromStr as _;

use phonenumber::Mode;
use phonenumber::country::Id;
use thiserror::Error;

/// Characters of a phone number at most, with all that stands between its digits.
const LENGTH_MAX: usize = 64;

/// A phone number in its one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// `+`, the code of the country and the number, such as `+79161234567`.
    pub e164: String,
    /// ISO 3166 code of the country, such as `RU`; none for codes that several countries share, if the number does not
    /// tell them apart.
    pub country: Option<String>,
}

/// Why a text is no phone number that messages could go to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PhoneProblem {
    /// Nothing is written.
    #[error("is empty: write a phone number, such as +7 916 123-45-67")]
    Empty,
    /// The text is longer than any number.
    #[error("is longer than {LENGTH_MAX} characters: write one phone number")]
    TooLong,
    /// A letter or another sign that no number has.
    #[error(
        "has the character {0:?}: write digits, with +, spaces, dots, dashes and parentheses if you like"
    )]
    Character(char),
    /// The digits are no number of a country.
    #[error("is no number of any plan: check its digits, and write the code of its country after a +")]
    NotANumber,
    /// The country of the setting is none that has numbers.
    #[error(
        "has no + and so is of the country of the setting, but {0:?} is no ISO 3166 code: write one, such as RU"
    )]
    UnknownCountry(String),
}

/// Brings a phone number into its one form. `country` is the ISO 3166 code of the country that numbers without `+` are of.
pub fn phone(text: &str, country: &str) -> Result<Phone, PhoneProblem> {
    let digits = digits(text)?;
    let home = || Id::from_str(country).map_err(|_| PhoneProblem::UnknownCountry(country.to_owned()));
    let home = if digits.starts_with('+') { None } else { Some(home()?) };
    let read = phonenumber::parse(home, &digits).map_err(|_| PhoneProblem::NotANumber)?;
    if !read.is_valid() {
        return Err(PhoneProblem::NotANumber);
    }
    let country = read.country().id().map(|id| id.as_ref().to_owned());
    Ok(Phone { e164: read.format().mode(Mode::E164).to_string(), country })
}

/// The digits, after a `+` if there is one, without what stands between them.
fn digits(text: &str) -> Result<String, PhoneProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(PhoneProblem::Empty);
    }
    if text.chars().nth(LENGTH_MAX).is_some() {
        return Err(PhoneProblem::TooLong);
    }
    let mut digits = String::new();
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            // The full-width form, as some keyboards of East Asia write it.
            '+' | '\u{ff0b}' if digits.is_empty() => digits.push('+'),
            '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ if character.is_whitespace() => {}
            _ => return Err(PhoneProblem::Character(character)),
        }
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str, country: &str) -> String {
        phone(text, country).map_or_else(|problem| format!("{problem:?}"), |phone| phone.e164)
    }

    #[test]
    fn one_number_has_one_form_however_it_is_written() {
        for text in [
            "+79161234567",
            "+7 916 123-45-67",
            "+7 (916) 123 45 67",
            " 8 916 123-45-67 ",
            "8(916)1234567",
            "89161234567",
            "79161234567",
            "9161234567",
            "8\u{a0}916\u{a0}123\u{2011}45\u{2013}67",
            "\u{ff0b}7.916.123.45.67",
        ] {
            assert_eq!(form(text, "RU"), "+79161234567", "{text:?}");
        }
    }

    #[test]
    fn numbers_of_other_countries_keep_theirs() {
        for (text, country, wanted, of) in [
            ("+7 701 234 56 78", "RU", "+77012345678", "KZ"),
            ("+375 29 123-45-67", "RU", "+375291234567", "BY"),
            ("+44 7400 123456", "RU", "+447400123456", "GB"),
            ("07400 123456", "GB", "+447400123456", "GB"),
            ("+1 415 555 2671", "RU", "+14155552671", "US"),
            ("8 701 234 56 78", "KZ", "+77012345678", "KZ"),
            ("+998 90 123 45 67", "RU", "+998901234567", "UZ"),
        ] {
            let read = phone(text, country).expect(text);
            assert_eq!((read.e164.as_str(), read.country.as_deref()), (wanted, Some(of)), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, wanted) in [
            ("", PhoneProblem::Empty),
            ("   ", PhoneProblem::Empty),
            ("8 916 CALL-NOW", PhoneProblem::Character('C')),
            ("+7 916 123-45-67 ext. 5", PhoneProblem::Character('e')),
            ("916+1234567", PhoneProblem::Character('+')),
            ("12", PhoneProblem::NotANumber),
            ("+", PhoneProblem::NotANumber),
            ("0000000000", PhoneProblem::NotANumber),
            ("+7 916 123-45-6", PhoneProblem::NotANumber),
            ("+7 916 123-45-678", PhoneProblem::NotANumber),
            ("+999 123456789", PhoneProblem::NotANumber),
        ] {
            assert_eq!(phone(text, "RU"), Err(wanted), "{text:?}");
        }
        assert_eq!(phone(&"9".repeat(65), "RU"), Err(PhoneProblem::TooLong));
        assert_eq!(phone("9161234567", "XQ"), Err(PhoneProblem::UnknownCountry("XQ".to_owned())));
        assert!(phone("+79161234567", "XQ").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_in_its_form_or_says_why(text in "[+()0-9 .-]{0,70}|\\PC{0,30}") {
            if let Ok(read) = phone(&text, "RU") {
                // The form of the form is itself, whatever the setting.
                prop_assert_eq!(phone(&read.e164, "GB").map(|phone| phone.e164), Ok(read.e164.clone()));
            }
        }
    }
}
