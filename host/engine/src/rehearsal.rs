//! A dry run on made-up receipts, before a mechanic meets real ones.

mod receipts;

use domain::mechanics::{Evaluated, Fault, Phase};
use domain::pricing::verify;

use crate::admission::Refusal;
use crate::component::Component;
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
}

impl Component {
    /// Tries a mechanic on receipts of every size, in each phase that it takes part in. It must
    /// answer within its limits what the contract allows, and the same again in a fresh instance.
    /// To decline, or to fail in good order, is an answer.
    pub fn rehearse(&self) -> Result<Rehearsal, Refusal> {
        let mut calls = Vec::new();
        for golden in receipts::all(self.description()) {
            let first = self.rehearse_once(&golden)?;
            let second = self.rehearse_once(&golden)?;
            for ((phase, evaluated), (_, again)) in first.into_iter().zip(second) {
                check_same(&evaluated, &again).map_err(|fault| golden.refusal(phase, fault))?;
                calls.push(RehearsedCall {
                    receipt: golden.name,
                    lines: golden.lines,
                    offers: golden.offers.len(),
                    phase,
                    fuel: evaluated.fuel,
                });
            }
        }
        Ok(Rehearsal { calls })
    }

    /// All phases of one receipt, in one instance, as when it is priced.
    fn rehearse_once(&self, golden: &Golden) -> Result<Vec<(Phase, Evaluated)>, Refusal> {
        let mut instance = None;
        let reasons = &self.description().reasons;
        let mut evaluate = |phase| -> Result<Evaluated, Fault> {
            let receipt = golden.receipt(phase);
            let offers = receipts::asked_in(phase, &golden.offers);
            let evaluated = self.evaluate(&mut instance, &receipt, &offers, &golden.facts)?;
            verify(&receipt, &offers, &evaluated, reasons)?;
            Ok(evaluated)
        };
        let phases = [Phase::Discount, Phase::Accrual];
        let taken = phases.into_iter().filter(|phase| self.description().phases.contains(phase));
        taken
            .map(|phase| {
                evaluate(phase)
                    .map(|evaluated| (phase, evaluated))
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
