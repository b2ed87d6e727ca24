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
    /// Says whether a mechanic may be asked. It is called for mechanics that the receipt needs, once each: the answer
    /// may use up the one attempt that an open circuit allows.
    may_be_asked: &'a (dyn Fn(MechanicId) -> bool + Sync),
    /// By the number of the mechanic.
    uses: Mutex<Vec<Use>>,
}

/// The use of a mechanic by a receipt.
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    /// False if its circuit was open; `None` if the receipt did not need it.
    pub may_be_asked: Option<bool>,
    /// Duration of its calls.
    pub took: Duration,
}

impl<'a> Instrumented<'a> {
    /// All mechanics of a set with so many; those that may not be asked are answered with a fault.
    pub fn new(
        set: &'a MechanicSet,
        count: usize,
        may_be_asked: &'a (dyn Fn(MechanicId) -> bool + Sync),
    ) -> Self {
        Self { set, may_be_asked, uses: Mutex::new(vec![Use::default(); count]) }
    }

    /// The use of each mechanic, by their numbers.
    pub fn uses(self) -> Vec<Use> {
        self.uses.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_off(&self, mechanic: MechanicId) -> bool {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(used) = uses.get_mut(mechanic.0) else { return false };
        !*used.may_be_asked.get_or_insert_with(|| (self.may_be_asked)(mechanic))
    }

    fn note(&self, mechanic: MechanicId, took: Duration) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = uses.get_mut(mechanic.0) {
            used.took = used.took.saturating_add(took);
        }
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
        if self.instrumented.is_off(mechanic) {
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
        self.instrumented.note(mechanic, started.elapsed());
        evaluated
    }
}
