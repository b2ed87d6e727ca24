//! The one place where integers become floats and floats become integers.

/// A count as a float; exact below 2⁵³, which no count here reaches.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from usize to f64")]
pub(crate) fn count(value: usize) -> f64 {
    value as f64
}

/// An integer as a float; the nearest one beyond 2⁵³.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from i64 to f64")]
pub(crate) fn real(value: i64) -> f64 {
    value as f64
}

/// The nearest `i32`, halves away from zero; none if there is none.
#[expect(
    clippy::as_conversions,
    reason = "the standard library has no other way from f64 to i32; the range is checked"
)]
pub(crate) fn nearest(value: f64) -> Option<i32> {
    let rounded = value.round();
    (rounded >= f64::from(i32::MIN) && rounded <= f64::from(i32::MAX)).then_some(rounded as i32)
}

/// The smallest whole number that is not below a value in 0..=10¹⁵; none outside.
#[expect(
    clippy::as_conversions,
    reason = "the standard library has no other way from f64 to u64; the range is checked"
)]
pub(crate) fn ceiling(value: f64) -> Option<u64> {
    let rounded = value.ceil();
    (0.0..=1e15).contains(&rounded).then_some(rounded as u64)
}

/// Millionths as a fraction.
pub(crate) fn millionths(value: u32) -> f64 {
    f64::from(value) / 1e6
}

/// A row number as a position in a slice.
pub(crate) fn index(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}
