//! Mechanics that measure their calls, and leave those out whose circuit is open.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::mechanics::{
    Blame, Evaluated, Fact, Fault, MechanicId, Mechanics, OfferCall, Outcome, ReceiptCall, Session,
};
use engine::MechanicSet;

/// The mechanics of one plan on one receipt.
pub struct Instrumented<'a> {
    set: &'a MechanicSet,
    /// True for each mechanic that is not asked, because its circuit is open.
    off: &'a [bool],
    /// Duration of the calls of each mechanic.
    took: Mutex<Vec<Duration>>,
}

impl<'a> Instrumented<'a> {
    /// All mechanics of the set; those that are `off`, by their numbers, are answered with a fault.
    pub fn new(set: &'a MechanicSet, off: &'a [bool]) -> Self {
        Self { set, off, took: Mutex::new(vec![Duration::ZERO; off.len()]) }
    }

    /// The duration of all calls of each mechanic, by their numbers.
    pub fn took(self) -> Vec<Duration> {
        self.took.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mechanics for Instrumented<'_> {
    fn open(&self) -> Box<dyn Session + '_> {
        Box::new(InstrumentedSession { instrumented: self, session: self.set.open() })
    }
}

struct InstrumentedSession<'a> {
    instrumented: &'a Instrumented<'a>,
    session: Box<dyn Session + 'a>,
}

impl Session for InstrumentedSession<'_> {
    fn begin_phase(&mut self, receipt: &ReceiptCall) {
        self.session.begin_phase(receipt);
    }

    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault> {
        if self.instrumented.off.get(mechanic.0).copied().unwrap_or(false) {
            return Err(Fault {
                outcome: Outcome::Disabled,
                blame: Blame::Mechanic,
                // Part of stored answers, which a replay must reproduce: the text stays as it is.
                detail: "it failed again and again, and is left alone for a while".to_owned(),
                fuel: 0,
            });
        }
        let started = Instant::now();
        let evaluated = self.session.evaluate(mechanic, offers, facts);
        let took = started.elapsed();
        let mut all = self.instrumented.took.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sum) = all.get_mut(mechanic.0) {
            *sum = sum.saturating_add(took);
        }
        evaluated
    }
}
