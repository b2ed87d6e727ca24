//! Exact arithmetic on the contract's integers.

/// One whole unit of quantity, in thousandths.
pub const ONE_UNIT: i64 = 1000;

/// The whole of a percentage, in hundredths of a percent.
pub const HUNDRED_PERCENT: i64 = 10_000;

/// How many whole sets of `set` are in `quantity`. None for a set of nothing.
pub fn whole_sets(quantity: i64, set: i64) -> i64 {
    if set <= 0 || quantity <= 0 { 0 } else { quantity / set }
}

/// `value × numerator / denominator`, rounded half away from zero; nothing if the result does not
/// fit, or the denominator is zero.
///
/// For conditions and details only: rewards are percentages and sums, and their rounding is the
/// host's.
pub fn scale(value: i64, numerator: i64, denominator: i64) -> Option<i64> {
    if denominator == 0 {
        return None;
    }
    let (product, divisor) = (i128::from(value) * i128::from(numerator), i128::from(denominator));
    let (quotient, remainder) = (product / divisor, product % divisor);
    let away = if (product < 0) == (divisor < 0) { 1 } else { -1 };
    let rounded = if remainder.abs() * 2 >= divisor.abs() { quotient + away } else { quotient };
    i64::try_from(rounded).ok()
}

/// The share of `value` that `percent` hundredths of a percent are; rounded as [`scale`].
pub fn percent_of(value: i64, percent: i32) -> Option<i64> {
    scale(value, i64::from(percent), HUNDRED_PERCENT)
}

/// The part of a sum for a part of its quantity; rounded as [`scale`].
pub fn part_of(sum: i64, quantity: i64, whole_quantity: i64) -> Option<i64> {
    scale(sum, quantity, whole_quantity)
}

/// An integer with `exponent` digits after the point: `format(12345, 2)` is `123.45`.
pub fn format(value: i64, exponent: u32) -> String {
    let digits = value.unsigned_abs().to_string();
    let places = usize::try_from(exponent).unwrap_or(0);
    let padding = (places + 1).saturating_sub(digits.len());
    let mut text: String = "0".repeat(padding) + &digits;
    if places > 0 {
        text.insert(text.len() - places, '.');
    }
    if value < 0 {
        text.insert(0, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_whole() {
        for (quantity, set, expected) in
            [(7000, 3000, 2), (2999, 3000, 0), (6000, 3000, 2), (478, 100, 4), (5000, 0, 0), (-3000, 1000, 0)]
        {
            assert_eq!(whole_sets(quantity, set), expected, "{quantity} by {set}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (value, numerator, denominator, expected) in [
            (5, 1, 2, Some(3)),
            (-5, 1, 2, Some(-3)),
            (5, -1, 2, Some(-3)),
            (5, 1, -2, Some(-3)),
            (4, 1, 3, Some(1)),
            (69_980, 1500, 10_000, Some(10_497)),
            (i64::MAX, 3, 3, Some(i64::MAX)),
            (i64::MAX, 2, 1, None),
            (1, 1, 0, None),
        ] {
            assert_eq!(
                scale(value, numerator, denominator),
                expected,
                "{value} × {numerator} / {denominator}"
            );
        }
    }

    #[test]
    fn shares_and_parts() {
        assert_eq!(percent_of(45_267, 500), Some(2263));
        assert_eq!(part_of(100, 1000, 3000), Some(33));
    }

    #[test]
    fn integers_are_written_as_decimals() {
        for (value, exponent, expected) in [
            (12_345, 2, "123.45"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (0, 2, "0.00"),
            (1234, 0, "1234"),
            (1500, 3, "1.500"),
            (i64::MIN, 3, "-9223372036854775.808"),
        ] {
            assert_eq!(format(value, exponent), expected);
        }
    }
}
