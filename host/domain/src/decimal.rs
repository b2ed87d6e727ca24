//! Decimal text to scaled integers and back, exactly.

use rust_decimal::Decimal;
use thiserror::Error;

/// A text that is not the expected number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not a plain decimal number.
    #[error("`{0}` is not a decimal number; write digits with an optional point, such as 12.50")]
    NotADecimal(String),
    /// More digits after the point than the unit has.
    #[error("`{text}` has more than {places} digits after the point")]
    TooManyPlaces {
        /// The text as written.
        text: String,
        /// Digits after the point that the unit has.
        places: u32,
    },
    /// Beyond what a 64-bit amount holds.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

impl DecimalError {
    /// Stable code for API answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotADecimal(_) => "not_a_decimal",
            Self::TooManyPlaces { .. } => "too_many_places",
            Self::TooLarge(_) => "too_large",
        }
    }
}

/// Reads `text` as an integer number of 10^-`places`.
///
/// Plain notation and the exponent notation that JSON allows are both read exactly; zeros at the
/// end beyond `places` are harmless. Spaces, signs of percent and separators of thousands are not
/// numbers.
pub fn parse_scaled(text: &str, places: u32) -> Result<i64, DecimalError> {
    let value = parse(text)?;
    let scaled = 10_i64
        .checked_pow(places)
        .and_then(|unit| value.checked_mul(Decimal::from(unit)))
        .ok_or_else(|| DecimalError::TooLarge(text.to_owned()))?;
    if !scaled.is_integer() {
        return Err(DecimalError::TooManyPlaces { text: text.to_owned(), places });
    }
    i64::try_from(scaled).map_err(|_| DecimalError::TooLarge(text.to_owned()))
}

/// Reads `text` as an exact decimal.
pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
    let not_a_decimal = || DecimalError::NotADecimal(text.to_owned());
    let starts_well = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    if !starts_well || !plain || text.ends_with('.') {
        return Err(not_a_decimal());
    }
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).map_err(|_| not_a_decimal());
    }
    Decimal::from_str_exact(text).map_err(|error| match error {
        rust_decimal::Error::ExceedsMaximumPossibleValue | rust_decimal::Error::Underflow => {
            DecimalError::TooLarge(text.to_owned())
        }
        _ => not_a_decimal(),
    })
}

/// Writes an integer number of 10^-`places` with exactly `places` digits after the point.
pub fn format_scaled(value: i64, places: u32) -> String {
    let digits = value.unsigned_abs().to_string();
    let places = usize::try_from(places).unwrap_or(0);
    let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
    let (whole, fraction) = padded.split_at(padded.len().saturating_sub(places));
    let sign = if value < 0 { "-" } else { "" };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Writes like [`format_scaled`], without zeros at the end: `15`, `7.5`.
pub fn format_trimmed(value: i64, places: u32) -> String {
    let text = format_scaled(value, places);
    if places == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exactly_what_is_written() {
        for (text, places, value) in [
            ("349.90", 2, 34990),
            ("0.478", 3, 478),
            ("15", 2, 1500),
            ("1e2", 2, 10000),
            ("2.5000", 1, 25),
            ("-1", 2, -100),
            ("0.1", 1, 1),
            ("12", 0, 12),
        ] {
            assert_eq!(parse_scaled(text, places), Ok(value), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, code) in [
            ("15%", "not_a_decimal"),
            ("", "not_a_decimal"),
            (" 1", "not_a_decimal"),
            ("1,5", "not_a_decimal"),
            ("1_000", "not_a_decimal"),
            (".5", "not_a_decimal"),
            ("5.", "not_a_decimal"),
            ("--5", "not_a_decimal"),
            ("1.005", "too_many_places"),
            ("0.10000000000000001", "too_many_places"),
            ("99999999999999999999", "too_large"),
        ] {
            let error = parse_scaled(text, 2).expect_err(text);
            assert_eq!(error.code(), code, "{text}");
        }
    }

    #[test]
    fn writes_what_it_read() {
        assert_eq!(format_scaled(34990, 2), "349.90");
        assert_eq!(format_scaled(-5, 2), "-0.05");
        assert_eq!(format_scaled(7, 0), "7");
        assert_eq!(format_scaled(i64::MIN, 3), "-9223372036854775.808");
        assert_eq!(format_trimmed(1500, 2), "15");
        assert_eq!(format_trimmed(750, 2), "7.5");
        assert_eq!(format_trimmed(100, 0), "100");
    }
}
