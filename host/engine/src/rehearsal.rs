//! Rehearsal: a mechanic is tried on made-up receipts before it gets real ones.

pub(crate) mod receipts;

use domain::mechanics::{Evaluated, Fact, Fault, OfferCall, Phase, ReceiptCall};
use domain::pricing::verify;

use crate::admission::Refusal;
use crate::component::Component;
use crate::cost::Cost;
use crate::fault;
use receipts::SampleReceipt;

/// A rehearsal that the mechanic has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// All calls, in the order of the receipts and, for each receipt, of the phases.
    pub calls: Vec<RehearsedCall>,
}

/// One call of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedCall {
    /// Description of the receipt, as `a receipt of 50 lines`.
    pub receipt: &'static str,
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
}

/// The results of one receipt of a rehearsal.
pub(crate) struct Tried {
    pub(crate) calls: Vec<RehearsedCall>,
    /// The answers, in the order of the phases.
    pub(crate) answers: Vec<Evaluated>,
    /// The first difference between these answers and those of a second instance, if there is any.
    pub(crate) differs: Option<Refusal>,
}

impl Component {
    /// Tries a mechanic on receipts of every size, in each phase that it takes part in. It must answer
    /// within its limits, as the contract allows, and the same in a second instance. Declining and
    /// reporting a failure are answers too.
    pub fn rehearse(&self) -> Result<Rehearsal, Refusal> {
        self.describes_the_same()?;
        self.validates_empty_params()?;
        let mut calls = Vec::new();
        for sample in receipts::all(self.description()) {
            let tried = self.try_on(&sample)?;
            calls.extend(tried.calls);
            tried.differs.map_or(Ok(()), Err)?;
        }
        Ok(Rehearsal { calls })
    }

    /// A call about a receipt with this number of lines, as in a rehearsal: with one offer without items,
    /// and one with an item for each kind of target.
    pub fn sample(&self, lines: usize, phase: Phase) -> (ReceiptCall, Vec<OfferCall>, Vec<Fact>) {
        let sample = receipts::of_lines(self.description(), lines);
        (sample.receipt(phase), receipts::asked_in(phase, &sample.offers), sample.facts)
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
            let (receipt, lines, offers) = (sample.name, sample.lines, sample.offers.len());
            tried.calls.push(RehearsedCall { receipt, lines, offers, phase, fuel, cost });
            tried.answers.push(evaluated);
        }
        Ok(tried)
    }

    /// Evaluates all phases of one receipt in one instance, as when it is priced.
    fn rehearse_once(&self, sample: &SampleReceipt) -> Result<Vec<(Phase, Evaluated, Cost)>, Refusal> {
        let mut instance = None;
        let reasons = &self.description().reasons;
        let mut evaluate = |phase| -> Result<(Evaluated, Cost), Fault> {
            let receipt = sample.receipt(phase);
            let offers = receipts::asked_in(phase, &sample.offers);
            let (evaluated, cost) = self.evaluate(&mut instance, &receipt, &offers, &sample.facts);
            let evaluated = evaluated?;
            verify(&receipt, &offers, &evaluated, reasons)?;
            Ok((evaluated, cost))
        };
        let phases = [Phase::Discount, Phase::Accrual];
        let taken = phases.into_iter().filter(|phase| self.description().phases.contains(phase));
        taken
            .map(|phase| {
                evaluate(phase)
                    .map(|(evaluated, cost)| (phase, evaluated, cost))
                    .map_err(|fault| sample.refusal(phase, fault, self.limits()))
            })
            .collect()
    }
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
