//! The cost of a call: fuel, memory and size of the answer, each with its limit.

use std::time::Duration;

use domain::mechanics::{
    Evaluated, Fact, Fault, MechanicId, OfferCall, Portions, Proposal, ReceiptCall, Verdict,
};

use crate::limits::{CallLimits, Work};

/// The cost of a call, each figure with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Fuel that was used: equal on every machine.
    pub fuel: u64,
    /// Fuel that the call was given.
    pub fuel_limit: u64,
    /// Memory of the instance after the call, in bytes. It never shrinks.
    pub memory_bytes: usize,
    /// Largest memory of an instance, in bytes.
    pub memory_limit: usize,
    /// Size of the answer in the host's memory, in bytes; zero after a fault.
    pub returned_bytes: usize,
    /// Largest size of the answer, in bytes.
    pub returned_limit: usize,
}

impl Cost {
    /// The cost of a call before it starts: zero use, with the call's limits.
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

/// A call of a mechanic with its result.
#[derive(Debug, Clone, Copy)]
pub struct ObservedCall<'a> {
    /// The mechanic that was called.
    pub mechanic: MechanicId,
    /// The receipt, with the phase.
    pub receipt: &'a ReceiptCall,
    /// The offers that were to be evaluated.
    pub offers: &'a [OfferCall],
    /// The facts that were handed over.
    pub facts: &'a [Fact],
    /// The answer, or the fault.
    pub ended: &'a Result<Evaluated, Fault>,
    /// The cost of the call.
    pub cost: Cost,
    /// Wall-clock time on this machine.
    pub took: Duration,
}

/// Receives every call that reaches a mechanic.
pub trait Observer: Send + Sync {
    /// Runs after each call.
    fn called(&self, call: ObservedCall<'_>);
}

/// Size of an answer in the host's memory, in bytes: its lists and texts.
pub(crate) fn returned_bytes(verdicts: &[Verdict]) -> usize {
    let inner = verdicts.iter().map(|verdict| match verdict {
        Verdict::Proposals(proposals) => {
            size_of_val(proposals.as_slice()).saturating_add(proposals.iter().map(portion_bytes).sum())
        }
        Verdict::Declined(_) => 0,
        Verdict::DeclinedFor(decline) => size_of_val(decline.values.as_slice()),
        Verdict::Failed { code, detail, message } => {
            let message = message.as_ref().map_or(0, String::len);
            code.len().saturating_add(detail.len()).saturating_add(message)
        }
    });
    size_of_val(verdicts).saturating_add(inner.sum())
}

fn portion_bytes(proposal: &Proposal) -> usize {
    match &proposal.portions {
        Portions::ItemScope => 0,
        Portions::Listed(portions) => size_of_val(portions.as_slice()),
    }
}
