//! What mechanics said of each offer, before the host decided.

use std::collections::BTreeMap;

use domain::mechanics::{Declined, Verdict};
use domain::offer::OfferId;
use wire::plan::BuiltPlan;

use super::overheard::OverheardCall;
use super::proposal::{self, ProposalText};

/// What was said, by the external id of the offer.
#[derive(Debug, Clone, Default)]
pub struct Said(pub(super) BTreeMap<String, OfferSaid>);

/// What was said of one offer, in both phases.
#[derive(Debug, Clone, Default)]
pub(super) struct OfferSaid {
    pub(super) proposals: Vec<ProposalText>,
    pub(super) declined: Vec<&'static str>,
    /// Code and detail.
    pub(super) failed: Vec<(String, String)>,
}

impl Said {
    pub(super) fn of(plan: &BuiltPlan, calls: &[OverheardCall]) -> Self {
        // After a fault an offer is asked about again, alone: the last word counts.
        let mut last = BTreeMap::new();
        for call in calls {
            let Ok(evaluated) = &call.ended else { continue };
            for (offer, verdict) in call.offers.iter().zip(&evaluated.verdicts) {
                last.insert((call.receipt.phase, offer.id), (call, offer, verdict));
            }
        }
        let mut said: BTreeMap<String, OfferSaid> = BTreeMap::new();
        for ((_, id), (call, offer, verdict)) in last {
            let id = usize::try_from(id).unwrap_or(usize::MAX);
            let Some(known) = plan.plan.offer(OfferId(id)) else { continue };
            let of = said.entry(known.external_id.clone()).or_default();
            match verdict {
                Verdict::Proposals(proposals) => of.proposals.extend(
                    proposals.iter().map(|one| proposal::of(one, offer, &call.receipt, plan.scales())),
                ),
                Verdict::Declined(declined) => of.declined.push(name(*declined)),
                Verdict::Failed { code, detail } => of.failed.push((code.clone(), detail.clone())),
            }
        }
        Self(said)
    }
}

/// The name in case files.
fn name(declined: Declined) -> &'static str {
    match declined {
        Declined::NoMatchingLine => "no_matching_line",
        Declined::BelowThreshold => "below_threshold",
        Declined::NotApplicable => "not_applicable",
    }
}
