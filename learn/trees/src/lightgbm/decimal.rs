//! Decimal numbers as LightGBM writes them, without floats.

use std::str::FromStr;

use crate::round::divide;

/// Most digits of a number; LightGBM writes 17.
const MOST_DIGITS: usize = 28;

/// Largest exponent, up or down: beyond any float.
const FAR: i32 = 2_000;

/// `digits` times ten to the power of `exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: i128,
    exponent: i32,
}

impl FromStr for Decimal {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // A threshold above or below all numbers.
        if let Some(sign) = text.strip_suffix("inf") {
            let digits = if sign.is_empty() {
                1
            } else if sign == "-" {
                -1
            } else {
                return Err(());
            };
            return Ok(Self { digits, exponent: FAR });
        }
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().map_err(drop)?;
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let all = format!("{whole}{part}");
        if all.is_empty() || all.len() > MOST_DIGITS || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let digits: i128 = all.parse().map_err(drop)?;
        let behind = i32::try_from(part.len()).map_err(drop)?;
        let exponent =
            exponent.checked_sub(behind).filter(|exponent| (-FAR..=FAR).contains(exponent)).ok_or(())?;
        Ok(Self { digits: if negative { -digits } else { digits }, exponent })
    }
}

impl Decimal {
    /// The number times ten to the power of `digits`.
    pub(super) fn shifted(&self, digits: u32) -> Self {
        let digits = i32::try_from(digits).unwrap_or(FAR).min(FAR);
        Self { digits: self.digits, exponent: self.exponent.saturating_add(digits) }
    }

    /// The largest integer that is not above; of numbers beyond 128 bits the nearest that there is.
    pub(super) fn floor(&self) -> i128 {
        match power(self.exponent) {
            Some(power) if self.exponent >= 0 => self.digits.saturating_mul(power),
            Some(power) => self.digits.div_euclid(power),
            None if self.digits == 0 => 0,
            None if self.exponent >= 0 && self.digits > 0 => i128::MAX,
            None if self.exponent >= 0 => i128::MIN,
            None => self.digits.signum().min(0),
        }
    }

    /// The number times a scale, rounded to the nearest integer, half away from zero; none beyond 128 bits.
    pub(super) fn times(&self, scale: u32) -> Option<i128> {
        let scaled = self.digits.checked_mul(scale.into())?;
        match power(self.exponent) {
            Some(power) if self.exponent >= 0 => scaled.checked_mul(power),
            Some(power) => Some(divide(scaled, power)),
            None if self.exponent < 0 || scaled == 0 => Some(0),
            None => None,
        }
    }
}

/// Ten to the power of the size of an exponent, if it fits.
fn power(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(exponent.unsigned_abs())
}
