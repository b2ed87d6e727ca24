//! Offers whose mechanic failed: skipped, evaluated by the previous version, or a reason to refuse the
//! receipt.

use super::super::items::ActiveOffer;
use super::{FailedOffer, PhaseProposals, Proposer};
use crate::mechanics::{Fact, MechanicId, OfferCall, ReceiptCall};
use crate::offer::OnFault;
use crate::plan::Previous;

impl Proposer<'_> {
    /// Applies [`OnFault`] to the offers that a mechanic failed on.
    pub(super) fn fall_back(
        &mut self,
        receipt: &ReceiptCall,
        mechanic: MechanicId,
        failed: Vec<FailedOffer<'_>>,
        facts: &dyn Fn(MechanicId) -> Vec<Fact>,
        answers: &mut PhaseProposals,
    ) {
        if failed.is_empty() {
            return;
        }
        let previous = self.plan.mechanic(mechanic).and_then(|known| known.previous.as_ref());
        let wants_previous = |failed: &FailedOffer<'_>| self.policy(failed) == OnFault::PreviousVersion;
        let (again, left): (Vec<_>, Vec<_>) = match previous {
            Some(_) => failed.into_iter().partition(wants_previous),
            None => (Vec::new(), failed),
        };
        for failed in left {
            self.give_up(failed, answers);
        }
        if let Some(previous) = previous.filter(|_| !again.is_empty()) {
            let batch = again.into_iter().map(|failed| as_before(previous, failed.offer)).collect();
            let facts = facts(previous.mechanic);
            for failed in self.ask_mechanic(receipt, previous.mechanic, batch, &facts, answers) {
                self.give_up(failed, answers);
            }
        }
    }

    fn policy(&self, failed: &FailedOffer<'_>) -> OnFault {
        self.plan.offer(failed.offer.id).map_or(OnFault::Skip, |offer| offer.on_fault)
    }

    fn give_up(&self, failed: FailedOffer<'_>, answers: &mut PhaseProposals) {
        if self.policy(&failed) == OnFault::Fail {
            answers.failed.get_or_insert_with(|| failed.refusal.clone().of(failed.offer.id));
        }
        answers.refused.push((failed.offer.id, failed.refusal));
    }
}

/// The offer with its parameters numbered as in the previous version.
fn as_before<'a>(previous: &Previous, mut offer: ActiveOffer<'a>) -> ActiveOffer<'a> {
    let OfferCall { items, extras, .. } = &mut offer.call;
    *extras = previous.extras(extras);
    for item in items {
        item.extras = previous.extras(&item.extras);
    }
    ActiveOffer { mechanic: previous.mechanic, ..offer }
}
