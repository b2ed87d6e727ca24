//! A dry run on made-up receipts, before a mechanic meets real ones.

pub(crate) mod receipts;

use domain::mechanics::{Evaluated, Fact, Fault, OfferCall, Phase, ReceiptCall};
use domain::pricing::verify;

use crate::admission::Refusal;
use crate::component::Component;
use crate::cost::Cost;
use crate::fault;
use receipts::Golden;

/// What a dry run took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Every call, in the order of the receipts and, within each, of the phases.
    pub calls: Vec<RehearsedCall>,
}

/// One call of a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedCall {
    /// What the receipt was like.
    pub receipt: &'static str,
    /// How many lines it had.
    pub lines: usize,
    /// How many offers were asked about.
    pub offers: usize,
    /// The phase.
    pub phase: Phase,
    /// The fuel that the call took.
    pub fuel: u64,
    /// What it took of all limits.
    pub cost: Cost,
}

/// A receipt of a dry run, done.
pub(crate) struct Tried {
    pub(crate) calls: Vec<RehearsedCall>,
    /// What was answered, in the order of the phases.
    pub(crate) answers: Vec<Evaluated>,
    /// The same receipt again in a fresh instance came out otherwise.
    pub(crate) differs: Option<Refusal>,
}

impl Component {
    /// Tries a mechanic on receipts of every size, in each phase that it takes part in. It must
    /// answer within its limits what the contract allows, and the same again in a fresh instance.
    /// To decline, or to fail in good order, is an answer.
    pub fn rehearse(&self) -> Result<Rehearsal, Refusal> {
        self.describes_the_same()?;
        self.validates_empty_params()?;
        let mut calls = Vec::new();
        for golden in receipts::all(self.description()) {
            let tried = self.try_on(&golden)?;
            calls.extend(tried.calls);
            tried.differs.map_or(Ok(()), Err)?;
        }
        Ok(Rehearsal { calls })
    }

    /// A call about a receipt of so many lines, as a dry run makes it: with an offer without items and one
    /// with an item of each kind.
    pub fn sample(&self, lines: usize, phase: Phase) -> (ReceiptCall, Vec<OfferCall>, Vec<Fact>) {
        let golden = receipts::of_lines(self.description(), lines);
        (golden.receipt(phase), receipts::asked_in(phase, &golden.offers), golden.facts)
    }

    pub(crate) fn describes_the_same(&self) -> Result<(), Refusal> {
        let again = self.describe_again().map_err(Refusal::Describe)?;
        if again == *self.description() {
            return Ok(());
        }
        Err(Refusal::Description(vec!["asked again, it describes itself otherwise".to_owned()]))
    }

    /// Problems are welcome; a fault is not.
    pub(crate) fn validates_empty_params(&self) -> Result<(), Refusal> {
        let checked = self.validate("{}", &receipts::bare(self.description()));
        checked
            .map(drop)
            .map_err(|fault| Refusal::Rehearsal { receipt: "`validate` of {}".to_owned(), fault })
    }

    pub(crate) fn try_on(&self, golden: &Golden) -> Result<Tried, Refusal> {
        let first = self.rehearse_once(golden)?;
        let second = self.rehearse_once(golden)?;
        let mut tried = Tried { calls: Vec::new(), answers: Vec::new(), differs: None };
        for ((phase, evaluated, cost), (_, again, _)) in first.into_iter().zip(second) {
            if let Err(fault) = check_same(&evaluated, &again) {
                tried.differs.get_or_insert(golden.refusal(phase, fault));
            }
            let fuel = evaluated.fuel;
            let (receipt, lines, offers) = (golden.name, golden.lines, golden.offers.len());
            tried.calls.push(RehearsedCall { receipt, lines, offers, phase, fuel, cost });
            tried.answers.push(evaluated);
        }
        Ok(tried)
    }

    /// All phases of one receipt, in one instance, as when it is priced.
    fn rehearse_once(&self, golden: &Golden) -> Result<Vec<(Phase, Evaluated, Cost)>, Refusal> {
        let mut instance = None;
        let reasons = &self.description().reasons;
        let mut evaluate = |phase| -> Result<(Evaluated, Cost), Fault> {
            let receipt = golden.receipt(phase);
            let offers = receipts::asked_in(phase, &golden.offers);
            let (evaluated, cost) = self.evaluate(&mut instance, &receipt, &offers, &golden.facts);
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
                    .map_err(|fault| golden.refusal(phase, fault))
            })
            .collect()
    }
}

/// A mechanic has no clock, no chance and no memory of other receipts, so it can only fail here if
/// the sandbox leaks.
fn check_same(first: &Evaluated, again: &Evaluated) -> Result<(), Fault> {
    if first == again {
        return Ok(());
    }
    let what = if first.verdicts == again.verdicts { "with other fuel" } else { "with other verdicts" };
    Err(fault::bad_output(format!("asked again, it answered {what}"), again.fuel))
}
