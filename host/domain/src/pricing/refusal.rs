//! Refusals: why an offer gives nothing.

use super::answer::NotAppliedReason;

/// Why an offer gives nothing: the reason, and an explanation for people.
pub(super) type Refusal = (NotAppliedReason, String);

/// The refusal of an offer whose goods are not on the receipt.
pub(super) fn no_matching_line() -> Refusal {
    (NotAppliedReason::NoMatchingLine, "none of its goods are on the receipt".to_owned())
}
