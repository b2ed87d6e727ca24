//! Records the calls to mechanics while a receipt is priced.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::mechanics::{Evaluated, Fact, Fault, MechanicId, OfferCall, ReceiptCall};
use engine::{Cost, ObservedCall, Observer};

/// A call to a mechanic, with its result and cost.
#[derive(Debug, Clone)]
pub struct RecordedCall {
    /// The mechanic that was called.
    pub mechanic: MechanicId,
    /// The receipt as it was passed, with the phase.
    pub receipt: ReceiptCall,
    /// The offers that were passed.
    pub offers: Vec<OfferCall>,
    /// The facts that were passed.
    pub facts: Vec<Fact>,
    /// The verdicts, or the fault.
    pub ended: Result<Evaluated, Fault>,
    /// Fuel, memory and bytes that the call used.
    pub cost: Cost,
    /// Elapsed time.
    pub took: Duration,
}

/// Records every call in order.
#[derive(Debug, Default)]
pub struct CallRecorder(Mutex<Vec<RecordedCall>>);

impl CallRecorder {
    /// Takes the calls out, so that the recorder is empty again.
    pub fn take(&self) -> Vec<RecordedCall> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for CallRecorder {
    fn called(&self, call: ObservedCall<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(RecordedCall {
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
