//! Texts for people: amounts and titles.

use crate::decimal::format_scaled;
use crate::mechanics::Phase;
use crate::offer::Offer;
use crate::plan::Plan;

/// A sum of a phase, written for people.
pub(super) fn amount(plan: &Plan, phase: Phase, value: impl Into<i128>) -> String {
    let value = i64::try_from(value.into()).unwrap_or(i64::MAX);
    match phase {
        Phase::Discount => format_scaled(value, plan.currency.exponent),
        Phase::Accrual => format!("{} points", format_scaled(value, plan.points.exponent)),
    }
}

/// The title of an offer for people, or its id if it has none.
pub(super) fn title(offer: &Offer) -> &str {
    if offer.title.is_empty() { &offer.external_id } else { &offer.title }
}
