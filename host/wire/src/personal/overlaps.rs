//! Warnings of items of one member with the same target at the same time: only one of them pays.

use domain::offer::{Item, Target};
use domain::time::{Bound, Period};

use crate::reader::Object;

/// Warns of items with the target and reward of an earlier item in an overlapping period.
pub(super) fn warn(document: &Object<'_, '_>, items: &[(usize, Item)]) {
    let Some(list) = document.list("items") else { return };
    for (index, (place, item)) in items.iter().enumerate() {
        let earlier = items.iter().take(index).find(|(_, earlier)| {
            earlier.target == item.target
                && earlier.target_text == item.target_text
                && earlier.reward == item.reward
                && !matches!(item.target, Target::Receipt)
                && overlap(&earlier.period, &item.period)
        });
        if let Some((first, _)) = earlier
            && let Some(node) = list.iter().nth(*place)
        {
            let detail = format!(
                "has the target `{}` of item {first} in an overlapping period: only the first by `order` pays",
                item.target_text
            );
            node.warn("overlapping_periods", detail);
        }
    }
}

fn overlap(one: &Period, other: &Period) -> bool {
    let begins_before_end = |one: &Period, other: &Period| match (one.start, other.end) {
        (Some(start), Some(end)) => before(start, end),
        _ => true,
    };
    begins_before_end(one, other) && begins_before_end(other, one)
}

/// True if `start` is before `end`, or may be: an instant and a local time compare only in a time zone.
fn before(start: Bound, end: Bound) -> bool {
    match (start, end) {
        (Bound::Instant(start), Bound::Instant(end)) => start < end,
        (Bound::Local(start), Bound::Local(end)) => start < end,
        _ => true,
    }
}
