//! Rounding.

/// The quotient, rounded to the nearest integer, half away from zero; 0 if `by` is 0 or less.
pub(crate) fn divide(number: i128, by: i128) -> i128 {
    if by <= 0 {
        return 0;
    }
    let quotient = (number.abs() + by / 2) / by;
    // For an odd divisor there is no half, and rounding down its half changes nothing.
    if number < 0 { -quotient } else { quotient }
}
