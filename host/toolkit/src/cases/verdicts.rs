//! The verdicts of mechanics on each offer, before the host decided.

use std::collections::BTreeMap;

use domain::mechanics::{Declined, Verdict};
use domain::offer::OfferId;
use wire::plan::BuiltPlan;

use super::proposal::{self, ProposalText};
use super::recorded_calls::RecordedCall;

/// Verdicts by the external id of the offer.
#[derive(Debug, Clone, Default)]
pub struct Verdicts(pub(super) BTreeMap<String, OfferVerdicts>);

/// Verdicts on one offer, of both phases.
#[derive(Debug, Clone, Default)]
pub(super) struct OfferVerdicts {
    pub(super) proposals: Vec<ProposalText>,
    pub(super) declined: Vec<&'static str>,
    /// Codes of the reasons of the mechanic's own among them.
    pub(super) codes: Vec<String>,
    /// Code of each failure that the mechanic reported, with detail and message.
    pub(super) failed: Vec<(String, String)>,
    /// True if one of them has a message for the author.
    pub(super) has_message: bool,
}

impl Verdicts {
    pub(super) fn of(plan: &BuiltPlan, calls: &[RecordedCall]) -> Self {
        // After a fault a mechanic is asked again about each offer alone: the last verdict counts.
        let mut last = BTreeMap::new();
        for call in calls {
            let Ok(evaluated) = &call.ended else { continue };
            for (offer, verdict) in call.offers.iter().zip(&evaluated.verdicts) {
                last.insert((call.receipt.phase, offer.id), (call, offer, verdict));
            }
        }
        let mut by_offer: BTreeMap<String, OfferVerdicts> = BTreeMap::new();
        for ((_, id), (call, offer, verdict)) in last {
            let id = usize::try_from(id).unwrap_or(usize::MAX);
            let Some(known) = plan.plan.offer(OfferId(id)) else { continue };
            let of = by_offer.entry(known.external_id.clone()).or_default();
            match verdict {
                Verdict::Proposals(proposals) => of.proposals.extend(
                    proposals.iter().map(|one| proposal::of(one, offer, &call.receipt, plan.scales())),
                ),
                Verdict::Declined(declined) => of.declined.push(name(*declined)),
                Verdict::DeclinedFor(decline) => {
                    let described = plan.plan.mechanic(known.mechanic).map(|found| &found.description);
                    let mut reasons = described.into_iter().flat_map(|described| &described.decline_reasons);
                    if let Some(reason) = reasons.find(|reason| reason.id == decline.reason) {
                        of.declined.push(name(reason.kind));
                        of.codes.push(reason.code.clone());
                    }
                }
                Verdict::Failed { code, detail, message: None } => {
                    of.failed.push((code.clone(), detail.clone()))
                }
                Verdict::Failed { code, detail, message: Some(message) } => {
                    let failed = (code.clone(), format!("{detail}: {message}"));
                    // Both phases may fail for the same cause.
                    if !of.failed.contains(&failed) {
                        of.failed.push(failed);
                    }
                    of.has_message = true;
                }
            }
        }
        Self(by_offer)
    }
}

/// The reason as case files write it.
fn name(declined: Declined) -> &'static str {
    match declined {
        Declined::NoMatchingLine => "no_matching_line",
        Declined::BelowThreshold => "below_threshold",
        Declined::NotApplicable => "not_applicable",
    }
}
