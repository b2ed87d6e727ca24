//! Calls to mechanics: batches of offers, checked answers, and isolation of faults.

mod fallback;

use std::collections::BTreeMap;

use super::answer::{MechanicReport, NotApplied, NotAppliedReason};
use super::items::ActiveOffer;
use super::offer_proposals::OfferProposals;
use super::reasons;
use super::refusal::Refusal;
use super::verify::verify;
use crate::mechanics::{
    Declined, Fact, Fault, MechanicId, OfferCall, Outcome, Phase, ReceiptCall, Session, Verdict,
};
use crate::offer::OfferId;
use crate::plan::Plan;

/// Faults of one mechanic on one receipt after which its remaining offers are not tried one by one.
const MAX_FAULTS_IN_ISOLATION: usize = 4;

/// Calls mechanics and reports how the calls ended.
pub(super) struct Proposer<'a> {
    pub plan: &'a Plan,
    pub session: Box<dyn Session + 'a>,
    /// One entry for each mechanic that was called, by its number.
    pub reports: Vec<MechanicReport>,
}

/// The answers of all mechanics in one phase: proposals, and the offers without any.
#[derive(Default)]
pub(super) struct PhaseProposals {
    pub proposed: Vec<OfferProposals>,
    pub refused: Vec<(OfferId, Refusal)>,
    /// The first failed offer with [`crate::offer::OnFault::Fail`].
    pub failed: Option<NotApplied>,
}

/// An offer whose mechanic failed on it.
pub(super) struct FailedOffer<'a> {
    pub offer: ActiveOffer<'a>,
    pub refusal: Refusal,
}

impl Proposer<'_> {
    /// Calls every mechanic with its offers. `offers` are in the order of the plan.
    pub(super) fn ask(
        &mut self,
        receipt: &ReceiptCall,
        offers: Vec<ActiveOffer<'_>>,
        facts: &dyn Fn(MechanicId) -> Vec<Fact>,
    ) -> PhaseProposals {
        let mut answers = PhaseProposals::default();
        if offers.is_empty() {
            return answers;
        }
        self.session.begin_phase(receipt);
        let mut batches: BTreeMap<MechanicId, Vec<ActiveOffer<'_>>> = BTreeMap::new();
        for offer in offers.into_iter().filter(|offer| self.plan.mechanic(offer.mechanic).is_some()) {
            batches.entry(offer.mechanic).or_default().push(offer);
        }
        for (mechanic, batch) in batches {
            let failed = self.ask_mechanic(receipt, mechanic, batch, &facts(mechanic), &mut answers);
            self.fall_back(receipt, mechanic, failed, facts, &mut answers);
        }
        answers.proposed.sort_by_key(|proposed| proposed.offer);
        answers
    }

    /// Calls one mechanic with its offers. Returns those that it failed on.
    pub(super) fn ask_mechanic<'b>(
        &mut self,
        receipt: &ReceiptCall,
        mechanic: MechanicId,
        mut batch: Vec<ActiveOffer<'b>>,
        facts: &[Fact],
        answers: &mut PhaseProposals,
    ) -> Vec<FailedOffer<'b>> {
        let calls: Vec<OfferCall> = batch.iter_mut().map(ActiveOffer::take_call).collect();
        match self.call(receipt, mechanic, &calls, facts) {
            Ok(verdicts) => {
                for ((offer, call), verdict) in batch.into_iter().zip(calls).zip(verdicts) {
                    answers.take(self.plan, receipt.phase, offer.with_call(call), verdict);
                }
                Vec::new()
            }
            Err(fault) => {
                self.report_fault(mechanic, &fault);
                self.isolate(receipt, mechanic, batch.into_iter().zip(calls), facts, fault, answers)
            }
        }
    }

    /// After a faulty batch the mechanic is called with each offer alone, so that one bad offer costs
    /// only itself.
    fn isolate<'b>(
        &mut self,
        receipt: &ReceiptCall,
        mechanic: MechanicId,
        batch: impl ExactSizeIterator<Item = (ActiveOffer<'b>, OfferCall)>,
        facts: &[Fact],
        fault: Fault,
        answers: &mut PhaseProposals,
    ) -> Vec<FailedOffer<'b>> {
        let mut failed = Vec::new();
        let hopeless = batch.len() == 1 || matches!(fault.outcome, Outcome::Deadline | Outcome::Disabled);
        let mut faults = if hopeless { MAX_FAULTS_IN_ISOLATION } else { 0 };
        let mut last = fault;
        for (offer, call) in batch {
            if faults < MAX_FAULTS_IN_ISOLATION {
                match self.call(receipt, mechanic, std::slice::from_ref(&call), facts) {
                    Ok(verdicts) => {
                        verdicts.into_iter().for_each(|verdict| {
                            let offer = offer.clone().with_call(call.clone());
                            answers.take(self.plan, receipt.phase, offer, verdict);
                        });
                        continue;
                    }
                    Err(fault) => {
                        faults = faults.saturating_add(1);
                        last = fault;
                    }
                }
            }
            let refusal = refusal(self.plan, mechanic, last.outcome, &last.detail);
            failed.push(FailedOffer { offer: offer.with_call(call), refusal });
        }
        failed
    }

    fn call(
        &mut self,
        receipt: &ReceiptCall,
        mechanic: MechanicId,
        calls: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Vec<Verdict>, Fault> {
        let result = self.session.evaluate(mechanic, calls, facts);
        let fuel = result.as_ref().map_or_else(|fault| fault.fuel, |evaluated| evaluated.fuel);
        let report = self.report(mechanic);
        report.fuel = report.fuel.saturating_add(fuel);
        let evaluated = result?;
        let described = self.plan.mechanic(mechanic).map(|known| &known.description);
        let reasons = described.map_or(&[][..], |described| &described.reasons);
        let declines = described.map_or(&[][..], |described| &described.decline_reasons);
        verify(receipt, calls, &evaluated, reasons, declines)?;
        if let Some(text) = failure_text(&evaluated.verdicts) {
            self.report(mechanic).gave_up.get_or_insert(text);
        }
        Ok(evaluated.verdicts)
    }

    fn report(&mut self, mechanic: MechanicId) -> &mut MechanicReport {
        let position = self.reports.partition_point(|report| report.mechanic < mechanic);
        if self.reports.get(position).is_none_or(|report| report.mechanic != mechanic) {
            let fresh = MechanicReport {
                mechanic,
                outcome: Outcome::Ok,
                blame: None,
                fuel: 0,
                detail: None,
                gave_up: None,
            };
            self.reports.insert(position, fresh);
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "there is a report at this position: found, or just inserted"
        )]
        &mut self.reports[position]
    }

    fn report_fault(&mut self, mechanic: MechanicId, fault: &Fault) {
        let report = self.report(mechanic);
        if report.outcome == Outcome::Ok {
            report.outcome = fault.outcome;
            report.blame = Some(fault.blame);
            report.detail = Some(fault.detail.clone());
        }
    }
}

impl PhaseProposals {
    fn take(&mut self, plan: &Plan, phase: Phase, offer: ActiveOffer<'_>, verdict: Verdict) {
        let refusal = match verdict {
            Verdict::Proposals(proposals) if !proposals.is_empty() => {
                return self.proposed.push(OfferProposals::new(&plan.catalog, offer, proposals));
            }
            Verdict::Proposals(_) => Refusal::declined(Declined::NotApplicable),
            Verdict::Declined(kind) => Refusal::declined(kind),
            Verdict::DeclinedFor(decline) => reasons::declined(plan, phase, &offer, &decline),
            // The message is for the author, and does not go to tills.
            Verdict::Failed { code, detail, message: _ } => {
                Refusal::new(NotAppliedReason::MechanicFailed, format!("{code}: {detail}"))
            }
        };
        self.refused.push((offer.id, refusal));
    }
}

/// The text of the first failure with a message for the author; without one, of the first failure if there is nothing
/// but failures. Other failures are about their offers, not about the version.
fn failure_text(verdicts: &[Verdict]) -> Option<String> {
    let told = |verdict: &Verdict| match verdict {
        Verdict::Failed { code, message: Some(message), .. } => Some(format!("{code}: {message}")),
        _ => None,
    };
    if let Some(text) = verdicts.iter().find_map(told) {
        return Some(text);
    }
    let is_failure = |verdict: &Verdict| matches!(verdict, Verdict::Failed { .. });
    match verdicts {
        [Verdict::Failed { code, detail, .. }, others @ ..] if others.iter().all(is_failure) => {
            Some(format!("{code}: {detail}"))
        }
        _ => None,
    }
}

fn refusal(plan: &Plan, mechanic: MechanicId, outcome: Outcome, detail: &str) -> Refusal {
    let name = plan.mechanic(mechanic).map_or("unknown", |known| known.name.as_str());
    Refusal::new(NotAppliedReason::MechanicFailed, format!("mechanic {name}: {}: {detail}", outcome.name()))
}
