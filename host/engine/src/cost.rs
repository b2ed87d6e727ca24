//! What a call used, beside what it might have used.

use std::time::Duration;

use domain::mechanics::{
    Evaluated, Fact, Fault, MechanicId, OfferCall, Portions, Proposal, ReceiptCall, Verdict,
};

use crate::limits::{CallLimits, Work};

/// What a call used of its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Fuel, the same on every machine.
    pub fuel: u64,
    /// Fuel that it was given.
    pub fuel_limit: u64,
    /// Memory of its instance after the call; none of it is given back.
    pub memory_bytes: usize,
    /// Memory that an instance may have.
    pub memory_limit: usize,
    /// What it handed back, as the host holds it; nothing after a fault.
    pub returned_bytes: usize,
    /// What it may hand back.
    pub returned_limit: usize,
}

impl Cost {
    pub(crate) fn nothing_of(limits: &CallLimits, work: Work) -> Self {
        Self {
            fuel: 0,
            fuel_limit: limits.fuel(work),
            memory_bytes: 0,
            memory_limit: limits.memory_bytes,
            returned_bytes: 0,
            returned_limit: limits.returned_bytes(work),
        }
    }
}

/// A call of a mechanic, as it ended.
#[derive(Debug, Clone, Copy)]
pub struct ObservedCall<'a> {
    /// Which mechanic.
    pub mechanic: MechanicId,
    /// The receipt, with the phase.
    pub receipt: &'a ReceiptCall,
    /// What it was asked about.
    pub offers: &'a [OfferCall],
    /// What it was told.
    pub facts: &'a [Fact],
    /// What it said.
    pub ended: &'a Result<Evaluated, Fault>,
    /// What that cost.
    pub cost: Cost,
    /// By the clock of this machine.
    pub took: Duration,
}

/// Is told of every call that reaches a mechanic.
pub trait Observer: Send + Sync {
    /// After each call.
    fn called(&self, call: ObservedCall<'_>);
}

/// The host's copy of an answer: its lists and texts.
pub(crate) fn returned_bytes(verdicts: &[Verdict]) -> usize {
    let inner = verdicts.iter().map(|verdict| match verdict {
        Verdict::Proposals(proposals) => {
            size_of_val(proposals.as_slice()).saturating_add(proposals.iter().map(portion_bytes).sum())
        }
        Verdict::Declined(_) => 0,
        Verdict::Failed { code, detail } => code.len().saturating_add(detail.len()),
    });
    size_of_val(verdicts).saturating_add(inner.sum())
}

fn portion_bytes(proposal: &Proposal) -> usize {
    match &proposal.portions {
        Portions::ItemScope => 0,
        Portions::Listed(portions) => size_of_val(portions.as_slice()),
    }
}
