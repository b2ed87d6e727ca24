//! Dense vectors by number of a good, an outlet or a member.

use std::ops::AddAssign;

/// What a slot holds; nothing beyond the last.
pub(crate) fn at<T: Copy + Default>(slots: &[T], number: u32) -> T {
    usize::try_from(number).ok().and_then(|place| slots.get(place)).copied().unwrap_or_default()
}

/// Adds to a slot; nowhere beyond the last.
pub(crate) fn add<T: AddAssign>(slots: &mut [T], number: u32, value: T) {
    if let Some(slot) = usize::try_from(number).ok().and_then(|place| slots.get_mut(place)) {
        *slot += value;
    }
}

/// A length as a number; the largest if it does not fit.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Part of a whole in millionths, rounded down; nothing of nothing.
pub(crate) fn millionths(part: u64, whole: u64) -> i64 {
    let share = (u128::from(part) * 1_000_000).checked_div(u128::from(whole)).unwrap_or_default();
    i64::try_from(share).unwrap_or(i64::MAX)
}
