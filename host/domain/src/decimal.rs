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
    /// Beyond what an amount, or an exact decimal, holds.
    #[error("`{0}` is too large, or has too many digits")]
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
    let too_large = || DecimalError::TooLarge(text.to_owned());
    let written = Written::read(text).ok_or_else(|| DecimalError::NotADecimal(text.to_owned()))?;
    if written.digits.is_empty() {
        return Ok(0);
    }
    let zeros = written.exponent.saturating_add(i64::from(places));
    if zeros < 0 {
        return Err(DecimalError::TooManyPlaces { text: text.to_owned(), places });
    }
    let value = written.value(zeros).ok_or_else(too_large)?;
    i64::try_from(value).map_err(|_| too_large())
}

/// Reads `text` as an exact decimal. One that the type cannot hold exactly is too large.
pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
    let too_large = || DecimalError::TooLarge(text.to_owned());
    let written = Written::read(text).ok_or_else(|| DecimalError::NotADecimal(text.to_owned()))?;
    if written.digits.is_empty() {
        return Ok(Decimal::ZERO);
    }
    let places = u32::try_from(written.exponent.saturating_neg().max(0)).map_err(|_| too_large())?;
    let value = written.value(written.exponent.max(0)).ok_or_else(too_large)?;
    Decimal::try_from_i128_with_scale(value, places).map_err(|_| too_large())
}

/// A number as it is written, digit by digit. Own code: `rust_decimal` rounds digits that it has no room for.
struct Written {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// The number is the digits times 10 to this power.
    exponent: i64,
}

impl Written {
    /// Most digits that a number of 128 bits may have.
    const DIGITS_MAX: usize = 38;

    fn read(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, written_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        if !is_digits(whole) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let without_end = all.trim_end_matches('0');
        let zeros = i64::try_from(all.len().saturating_sub(without_end.len())).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.saturating_sub(places).saturating_add(zeros);
        Some(Self { negative, digits: without_end.trim_start_matches('0').to_owned(), exponent })
    }

    /// The digits with so many zeros behind them, as a number; none if it has too many digits.
    fn value(&self, zeros: i64) -> Option<i128> {
        let zeros = usize::try_from(zeros).ok()?;
        if self.digits.len().saturating_add(zeros) > Self::DIGITS_MAX {
            return None;
        }
        let magnitude: i128 = format!("{}{}", self.digits, "0".repeat(zeros)).parse().ok()?;
        Some(if self.negative { magnitude.checked_neg()? } else { magnitude })
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The power of ten that a text writes, or one beyond every number that is read.
fn written_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !is_digits(digits) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX / 2).min(i64::MAX / 2);
    Some(if negative { magnitude.saturating_neg() } else { magnitude })
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
            ("-0", 2, 0),
            ("0e99999999999999999999", 2, 0),
            ("2.50000000000000000000000000000000000000000000000", 2, 250),
            ("1049e-3", 3, 1049),
            ("0.0000000000000000000000000000000000001049E+37", 3, 1049),
            ("9223372036854775807", 0, i64::MAX),
            ("-9223372036854775808", 0, i64::MIN),
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
            ("1.0499999999999999999999999999999999999", "too_many_places"),
            ("1.0499999999999999999999999999999999999e0", "too_many_places"),
            ("104.99999999999999999999999999999999999e-2", "too_many_places"),
            ("1e-99999999999999999999", "too_many_places"),
            ("1e99999999999999999999", "too_large"),
            ("1e", "not_a_decimal"),
            ("1e1.5", "not_a_decimal"),
            ("1.e2", "not_a_decimal"),
            ("+1", "not_a_decimal"),
            ("\u{0661}", "not_a_decimal"),
        ] {
            let error = parse_scaled(text, 2).expect_err(text);
            assert_eq!(error.code(), code, "{text}");
        }
    }

    #[test]
    fn a_decimal_is_exact_or_refused() {
        for (text, expected) in [
            ("1.049", Ok("1.049")),
            ("-12e3", Ok("-12000")),
            ("1.0490000000000000000000000000000000000000", Ok("1.049")),
            ("0.0000000000000000000000000001", Ok("0.0000000000000000000000000001")),
            ("79228162514264337593543950335", Ok("79228162514264337593543950335")),
            ("79228162514264337593543950336", Err("too_large")),
            ("1.0499999999999999999999999999999999999", Err("too_large")),
            ("1.0499999999999999999999999999999999999e0", Err("too_large")),
            ("1e-29", Err("too_large")),
        ] {
            let found = parse(text).map(|value| value.to_string()).map_err(|error| error.code());
            assert_eq!(found.as_deref().map_err(|code| *code), expected, "{text}");
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
