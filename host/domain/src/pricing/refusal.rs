//! Refusals: why an offer gives nothing.

use super::answer::{NotApplied, NotAppliedReason};
use crate::mechanics::Declined;
use crate::offer::OfferId;

/// Why an offer gives nothing.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub reason: NotAppliedReason,
    /// Explanation for people, with numbers.
    pub detail: String,
    /// Code of the reason that the mechanic gave in its own words.
    pub code: Option<String>,
    /// The offer that pays its lines, if that is the reason.
    pub lost_to: Option<OfferId>,
}

impl Refusal {
    pub(super) fn new(reason: NotAppliedReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), code: None, lost_to: None }
    }

    /// The refusal of an offer because another one, with this external id, pays a line that it covers.
    pub(super) fn lost_to(winner: OfferId, external_id: &str, position: u32) -> Self {
        let detail = format!("{external_id} pays line {position}");
        Self { lost_to: Some(winner), ..Self::new(NotAppliedReason::LostTo, detail) }
    }

    /// The refusal of an offer whose goods are not on the receipt.
    pub(super) fn no_matching_line() -> Self {
        Self::new(NotAppliedReason::NoMatchingLine, "none of its goods are on the receipt")
    }

    /// The refusal of an offer that its mechanic declines, in the host's words.
    pub(super) fn declined(kind: Declined) -> Self {
        match kind {
            Declined::NoMatchingLine => Self::no_matching_line(),
            Declined::BelowThreshold => {
                Self::new(NotAppliedReason::BelowThreshold, "its least sum or quantity is not reached")
            }
            Declined::NotApplicable => {
                Self::new(NotAppliedReason::NotApplicable, "its own conditions do not hold on this receipt")
            }
        }
    }

    pub(super) fn of(self, offer: OfferId) -> NotApplied {
        let Self { reason, detail, code, .. } = self;
        NotApplied { offer, reason, detail, code }
    }
}
