//! Decimal numbers as exact integers.

/// Most decimals that are kept of a number: a value between two steps is lowered to the step below it.
pub const MOST_DIGITS: u32 = 9;

/// A number as written: `mantissa / 10^digits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    digits: u32,
}

impl Decimal {
    /// Reads `-12.50` or `1e-05`. Anything else, `NaN` and `inf` too, is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits_only(whole) || !digits_only(fraction) {
            return None;
        }
        let written: i128 = format!("{whole}{fraction}").parse().ok()?;
        let mantissa = if number.starts_with('-') { -written } else { written };
        let digits = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        match u32::try_from(digits) {
            Ok(digits) => Some(Self { mantissa, digits }.shortest()),
            Err(_) => {
                let factor = 10_i128.checked_pow(digits.unsigned_abs())?;
                Some(Self { mantissa: mantissa.checked_mul(factor)?, digits: 0 })
            }
        }
    }

    /// The same number without zeros at its end.
    fn shortest(mut self) -> Self {
        while self.digits > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.digits -= 1;
        }
        self
    }

    /// How many decimals it has.
    pub fn digits(self) -> u32 {
        self.digits
    }

    /// The number times `10^digits`, lowered to a whole number; none if it does not fit.
    ///
    /// Lowering cannot change which side of a cut a value is on, since cuts are whole numbers.
    pub fn scaled(self, digits: u32) -> Option<i64> {
        let scaled = match digits.checked_sub(self.digits) {
            Some(more) => self.mantissa.checked_mul(10_i128.checked_pow(more)?)?,
            None => match 10_i128.checked_pow(self.digits - digits) {
                Some(factor) => self.mantissa.div_euclid(factor),
                None => -i128::from(self.mantissa < 0),
            },
        };
        i64::try_from(scaled).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_exact_integers() {
        for (text, digits, scaled) in [
            ("12", 0, 12),
            ("-12.50", 2, -1250),
            (".5", 1, 5),
            ("3.", 0, 3),
            ("1e3", 0, 1000),
            ("1e-05", 6, 10),
            ("2.5E+1", 0, 25),
            ("0.129", 2, 12),
            ("-0.129", 2, -13),
            ("-0.0000000000000000000000000001", 2, -1),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().scaled(digits), Some(scaled), "{text}");
        }
        assert_eq!(Decimal::parse("1.500").unwrap().digits(), 1);
        assert_eq!(Decimal::parse("99999999999999999999").unwrap().scaled(0), None);
    }

    #[test]
    fn nothing_else_is_a_number() {
        for text in ["", "-", ".", "NaN", "inf", "-inf", "1,5", "0x10", "1e", "--1", "1e99", "1_000", " 1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
