//! Calls to mechanics, written down while a receipt is priced.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::mechanics::{Evaluated, Fact, Fault, MechanicId, OfferCall, ReceiptCall};
use engine::{Cost, ObservedCall, Observer};

/// A call that was made.
#[derive(Debug, Clone)]
pub struct OverheardCall {
    /// Which mechanic.
    pub mechanic: MechanicId,
    /// The receipt, with the phase.
    pub receipt: ReceiptCall,
    /// What it was asked about.
    pub offers: Vec<OfferCall>,
    /// What it was told.
    pub facts: Vec<Fact>,
    /// What it said.
    pub ended: Result<Evaluated, Fault>,
    /// What that cost.
    pub cost: Cost,
    /// By the clock of this machine.
    pub took: Duration,
}

/// All calls since they were last taken.
#[derive(Debug, Default)]
pub struct Overheard(Mutex<Vec<OverheardCall>>);

impl Overheard {
    /// The calls, which are then forgotten.
    pub fn take(&self) -> Vec<OverheardCall> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Overheard {
    fn called(&self, call: ObservedCall<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(OverheardCall {
            mechanic: call.mechanic,
            receipt: call.receipt.clone(),
            offers: call.offers.to_vec(),
            facts: call.facts.to_vec(),
            ended: call.ended.clone(),
            cost: call.cost,
            took: call.took,
        });
    }
}
