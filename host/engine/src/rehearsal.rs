//! Rehearsal: a mechanic is tried on made-up receipts before it gets real ones.

pub(crate) mod receipts;
mod trials;

use std::borrow::Cow;

use domain::mechanics::{Blame, Description, Evaluated, Fact, Fault, OfferCall, Phase, ReceiptCall};
use domain::pricing::verify;

use crate::admission::Refusal;
use crate::component::Component;
use crate::cost::Cost;
use crate::fault;
use crate::message;
use crate::verdict_counts::VerdictCounts;
use receipts::SampleReceipt;
pub use trials::{Hint, HintFact, Trial};

/// The warning about a mechanic whose rule was never reached.
const NO_PROPOSAL: &str = "no receipt drew a proposal from it, so nobody knows what its rule does and costs once it is reached: \
    name what it asks for in its schema (`enum`, `const`, `examples`, `default`), or give its cases (`--cases`)";

/// Trials that are made in every rehearsal, in two instances each. The others are made until one draws a proposal.
const TRIALS_MADE: usize = 16;
/// Lines of their receipts.
const TRIAL_LINES: usize = 10;
/// The fuel that the search for a proposal may use, in limits of one call.
const SEARCH_CALLS: u64 = 20;
/// Lines of receipts that are made of the trial that draws a proposal, with the names of their checks.
const REACHED: [(usize, &str); 2] = [
    (50, "it answers a receipt of 50 lines that draws a proposal from it"),
    (1000, "it answers a receipt of 1,000 lines that draws a proposal from it"),
];

/// A rehearsal that the mechanic has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// All calls, in the order of the receipts and, for each receipt, of the phases.
    pub calls: Vec<RehearsedCall>,
    /// Sentences for the author and for the one who rolls it out; no reason to refuse it.
    pub warnings: Vec<String>,
}

/// One call of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedCall {
    /// Description of the receipt, as `a receipt of 50 lines`.
    pub receipt: Cow<'static, str>,
    /// Number of lines of the receipt.
    pub lines: usize,
    /// Number of offers.
    pub offers: usize,
    /// The phase.
    pub phase: Phase,
    /// Fuel that the call used.
    pub fuel: u64,
    /// The cost of the call, with its limits.
    pub cost: Cost,
    /// The verdicts on the offers.
    pub verdicts: VerdictCounts,
}

/// The results of one receipt of a rehearsal.
pub(crate) struct Tried {
    pub(crate) calls: Vec<RehearsedCall>,
    /// The answers, in the order of the phases.
    pub(crate) answers: Vec<Evaluated>,
    /// The first difference between these answers and those of a second instance, if there is any.
    pub(crate) differs: Option<Refusal>,
}

/// The receipt of a trial.
pub(crate) struct TrialReceipt {
    pub(crate) sample: SampleReceipt,
    /// Its own check, if it has one.
    pub(crate) title: Option<&'static str>,
    /// True if a failure on it is a reason to refuse the mechanic.
    pub(crate) is_binding: bool,
}

impl Component {
    /// Tries a mechanic on receipts of every size, in each phase that it takes part in. It must answer
    /// within its limits, as the contract allows, and the same in a second instance. Declining and
    /// reporting a failure are answers too, unless the failure has a message for the author; but a mechanic
    /// that never proposes anything gets a warning. See [`Self::trials`] for the trials.
    pub fn rehearse(&self, trials: &[Trial]) -> Result<Rehearsal, Refusal> {
        self.describes_the_same()?;
        self.validates_empty_params()?;
        let mut calls = Vec::new();
        for sample in receipts::all(self.description()) {
            let tried = self.try_on(&sample)?;
            calls.extend(tried.calls);
            tried.differs.map_or(Ok(()), Err)?;
        }
        let mut failed_on = None;
        for TrialReceipt { sample, is_binding, .. } in self.trial_receipts(trials)? {
            match self.try_on(&sample) {
                Ok(tried) => {
                    calls.extend(tried.calls);
                    tried.differs.map_or(Ok(()), Err)?;
                }
                Err(refusal) if is_binding || refusal.blame() == Blame::Host => return Err(refusal),
                Err(refusal) => failed_on = failed_on.or(Some(refusal)),
            }
        }
        let warnings = warnings(&calls, failed_on.as_ref());
        Ok(Rehearsal { calls, warnings })
    }

    /// A call about a receipt with this number of lines, as in a rehearsal: with the offer of a trial, or else with an offer
    /// without items, and one with an item for each kind of target.
    pub fn sample(
        &self,
        lines: usize,
        phase: Phase,
        trial: Option<&Trial>,
    ) -> (ReceiptCall, Vec<OfferCall>, Vec<Fact>) {
        let sample = match trial {
            Some(trial) => trial.receipt(self, lines),
            None => receipts::of_lines(self.description(), lines),
        };
        (sample.receipt(phase), sample.offers(phase), sample.facts)
    }

    /// The first trial that draws a proposal from it, and the phase in which it does. The search is bounded by fuel, so
    /// that it ends in the same place on every machine. Fails if the host has no room for a call.
    pub fn reached<'t>(&self, trials: &'t [Trial]) -> Result<Option<(&'t Trial, Phase)>, Refusal> {
        let (mut used, mut limit) = (0_u64, u64::MAX);
        for trial in trials {
            let sample = trial.receipt(self, TRIAL_LINES);
            for phase in self.phases() {
                if used > limit {
                    return Ok(None);
                }
                let (receipt, offers) = (sample.receipt(phase), sample.offers(phase));
                let (evaluated, cost) = self.evaluate(&mut None, &receipt, &offers, &sample.facts);
                used = used.saturating_add(cost.fuel);
                limit = cost.fuel_limit.saturating_mul(SEARCH_CALLS);
                match evaluated {
                    Ok(evaluated) if VerdictCounts::of(&evaluated).proposing > 0 => {
                        return Ok(Some((trial, phase)));
                    }
                    Err(fault) if fault.blame == Blame::Host => {
                        return Err(sample.refusal(phase, fault, self.limits()));
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    /// The receipts of the trials: those that are always made, and larger ones of the trial that draws a proposal.
    pub(crate) fn trial_receipts(&self, trials: &[Trial]) -> Result<Vec<TrialReceipt>, Refusal> {
        let receipt = |trial: &Trial, lines, title| TrialReceipt {
            sample: trial.receipt(self, lines),
            title,
            is_binding: !trial.has_optional,
        };
        let mut receipts: Vec<TrialReceipt> =
            trials.iter().take(TRIALS_MADE).map(|trial| receipt(trial, TRIAL_LINES, None)).collect();
        if let Some((trial, _)) = self.reached(trials)? {
            receipts.extend(REACHED.map(|(lines, title)| receipt(trial, lines, Some(title))));
        }
        Ok(receipts)
    }

    /// Checks that the description is the same when it is asked for again.
    pub(crate) fn describes_the_same(&self) -> Result<(), Refusal> {
        let again = self.describe_again().map_err(Refusal::Describe)?;
        if again == *self.description() {
            return Ok(());
        }
        Err(Refusal::Description(vec!["asked again, it describes itself otherwise".to_owned()]))
    }

    /// Checks that `validate` answers for empty parameters, with problems or without.
    pub(crate) fn validates_empty_params(&self) -> Result<(), Refusal> {
        let checked = self.validate("{}", &receipts::bare(self.description()));
        checked.map(drop).map_err(|fault| Refusal::Rehearsal {
            receipt: "`validate` of {}".to_owned(),
            fault,
            is_largest: self.limits().are_largest(),
        })
    }

    /// Tries a mechanic on one receipt, in two instances.
    pub(crate) fn try_on(&self, sample: &SampleReceipt) -> Result<Tried, Refusal> {
        let first = self.rehearse_once(sample)?;
        let second = self.rehearse_once(sample)?;
        let mut tried = Tried { calls: Vec::new(), answers: Vec::new(), differs: None };
        for ((phase, evaluated, cost), (_, again, _)) in first.into_iter().zip(second) {
            if let Err(fault) = check_same(&evaluated, &again) {
                tried.differs.get_or_insert(sample.refusal(phase, fault, self.limits()));
            }
            let fuel = evaluated.fuel;
            let (receipt, lines, offers) = (sample.name.clone(), sample.lines, sample.offers.len());
            let verdicts = VerdictCounts::of(&evaluated);
            tried.calls.push(RehearsedCall { receipt, lines, offers, phase, fuel, cost, verdicts });
            tried.answers.push(evaluated);
        }
        Ok(tried)
    }

    /// The phases that it takes part in, in their order.
    fn phases(&self) -> impl Iterator<Item = Phase> {
        let phases = &self.description().phases;
        [Phase::Discount, Phase::Accrual].into_iter().filter(|phase| phases.contains(phase))
    }

    /// Evaluates all phases of one receipt in one instance, as when it is priced.
    fn rehearse_once(&self, sample: &SampleReceipt) -> Result<Vec<(Phase, Evaluated, Cost)>, Refusal> {
        let mut instance = None;
        let Description { reasons, decline_reasons, .. } = self.description();
        // A message for the author is about a mistake of the rule, as of an exception.
        let mut evaluate = |phase| -> Result<(Evaluated, Cost), Fault> {
            let receipt = sample.receipt(phase);
            let offers = sample.offers(phase);
            let (evaluated, cost) = self.evaluate(&mut instance, &receipt, &offers, &sample.facts);
            let evaluated = evaluated?;
            verify(&receipt, &offers, &evaluated, reasons, decline_reasons)?;
            if let Some(message) = message::first(&evaluated.verdicts) {
                return Err(fault::failed(message, evaluated.fuel));
            }
            Ok((evaluated, cost))
        };
        self.phases()
            .map(|phase| {
                evaluate(phase)
                    .map(|(evaluated, cost)| (phase, evaluated, cost))
                    .map_err(|fault| sample.refusal(phase, fault, self.limits()))
            })
            .collect()
    }
}

/// The warnings of a rehearsal: `failed_on` is a failure with parameters that the schema does not require.
pub(crate) fn warnings(calls: &[RehearsedCall], failed_on: Option<&Refusal>) -> Vec<String> {
    let mut warnings = Vec::new();
    if calls.iter().all(|call| call.verdicts.proposing == 0) {
        warnings.push(NO_PROPOSAL.to_owned());
    }
    let failed = |refusal| format!("with parameters that its schema and its `validate` take, {refusal}");
    warnings.extend(failed_on.map(failed));
    warnings
}

/// Compares the answers of two instances. A mechanic has no clock, no random numbers and no memory of
/// other receipts, so this can only fail if something gets into the sandbox.
fn check_same(first: &Evaluated, again: &Evaluated) -> Result<(), Fault> {
    if first == again {
        return Ok(());
    }
    let what = if first.verdicts == again.verdicts { "with other fuel" } else { "with other verdicts" };
    Err(fault::bad_output(format!("asked again, it answered {what}"), again.fuel))
}
