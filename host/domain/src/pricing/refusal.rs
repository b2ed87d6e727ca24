//! Refusals: why an offer gives nothing.

use super::answer::{NotApplied, NotAppliedReason};
use crate::offer::OfferId;

/// Why an offer gives nothing.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub reason: NotAppliedReason,
    /// Explanation for people, with numbers.
    pub detail: String,
}

impl Refusal {
    pub(super) fn new(reason: NotAppliedReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The refusal of an offer whose goods are not on the receipt.
    pub(super) fn no_matching_line() -> Self {
        Self::new(NotAppliedReason::NoMatchingLine, "none of its goods are on the receipt")
    }

    pub(super) fn of(self, offer: OfferId) -> NotApplied {
        let Self { reason, detail } = self;
        NotApplied { offer, reason, detail }
    }
}
