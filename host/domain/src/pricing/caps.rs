//! Caps that apply once all discounts are known: that of the receipt, then the limits over time
//! (docs/pricing-rules.md#caps). What they leave is never above the maximum.

use std::collections::BTreeMap;

use super::Run;
use super::grant::{cap_values, total};
use super::limits::{self, LimitCut};
use crate::mechanics::Phase;
use crate::offer::OfferId;
use crate::rounding::Rounding;

/// Shrinks the discounts of a receipt to its caps.
pub(super) fn apply(run: &mut Run<'_>) {
    let before: Vec<i64> = run.journal.entries.iter().map(|entry| entry.value).collect();
    cap_receipt(run);
    cap_over_time(run);
    if run.journal.entries.iter().map(|entry| entry.value).eq(before) {
        return;
    }
    for line in &mut run.lines {
        line.discount = 0;
    }
    for entry in &run.journal.entries {
        if let Some(line) = run.lines.get_mut(entry.line) {
            line.discount = line.discount.saturating_add(entry.value);
        }
    }
}

/// Shrinks all discounts in proportion if together they exceed the maximum of the receipt.
fn cap_receipt(run: &mut Run<'_>) {
    let Some(share) = run.plan.receipt_max_discount else { return };
    let amount = total(run.lines.iter().map(|line| line.amount));
    let most = Rounding::Down.divide(amount.saturating_mul(share.0.into()), 10_000);
    let all: Vec<usize> = (0..run.journal.entries.len()).collect();
    if shrink(run, &all, most).is_some() {
        run.journal
            .trace("cap", None, || "all discounts shrunk to the most that a receipt may get".to_owned());
    }
}

/// Shrinks the discounts of each offer to what its limits over time leave.
fn cap_over_time(run: &mut Run<'_>) {
    let mut by_offer: BTreeMap<OfferId, Vec<usize>> = BTreeMap::new();
    for (number, entry) in run.journal.entries.iter().enumerate() {
        by_offer.entry(entry.offer).or_default().push(number);
    }
    for (id, entries) in by_offer {
        let Some(offer) = run.plan.offer(id) else { continue };
        let Some((most, limit)) = limits::left_over_time(run.usage, Phase::Discount, id, offer) else {
            continue;
        };
        if let Some(desired) = shrink(run, &entries, most) {
            run.journal.note_cut(Phase::Discount, id, LimitCut { desired, limit });
        }
    }
}

/// Shrinks the values of these entries in proportion to `most` in all. Returns their sum before, or
/// nothing if it is not above `most`.
fn shrink(run: &mut Run<'_>, entries: &[usize], most: i64) -> Option<i128> {
    let value = |number: &usize| run.journal.entries.get(*number).map_or(0, |entry| entry.value);
    let mut values: Vec<i64> = entries.iter().map(value).collect();
    let before = total(values.iter().copied());
    if before <= i128::from(most) {
        return None;
    }
    cap_values(&mut values, most);
    for (number, value) in entries.iter().zip(values) {
        if let Some(entry) = run.journal.entries.get_mut(*number) {
            entry.value = value;
        }
    }
    Some(before)
}
