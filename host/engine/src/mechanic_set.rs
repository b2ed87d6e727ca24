//! The mechanics of one plan. Implements the port through which pricing calls them.

use std::sync::Arc;
use std::time::Instant;

use domain::mechanics::{Evaluated, Fact, Fault, MechanicId, Mechanics, OfferCall, ReceiptCall, Session};

use crate::component::Component;
use crate::cost::{ObservedCall, Observer};
use crate::fault;
use crate::instance::Instance;

/// The mechanics of one plan, numbered as in [`domain::plan::Plan::mechanics`]. One that is
/// missing costs its offers, not the receipt.
#[derive(Clone)]
pub struct MechanicSet {
    components: Vec<Option<Arc<Component>>>,
    observer: Option<Arc<dyn Observer>>,
}

impl MechanicSet {
    /// A set in the order of the plan.
    pub fn new(components: Vec<Option<Arc<Component>>>) -> Self {
        Self { components, observer: None }
    }

    /// This set with an observer, which receives every call.
    #[must_use]
    pub fn observed_by(&self, observer: Arc<dyn Observer>) -> Self {
        Self { components: self.components.clone(), observer: Some(observer) }
    }

    /// The component with this number.
    pub fn component(&self, mechanic: MechanicId) -> Option<&Arc<Component>> {
        self.components.get(mechanic.0)?.as_ref()
    }
}

impl Mechanics for MechanicSet {
    fn open(&self) -> Box<dyn Session + '_> {
        let instances = self.components.iter().map(|_| None).collect();
        Box::new(SandboxSession { set: self, receipt: None, instances })
    }
}

/// One receipt: an instance for each mechanic that it needs, kept from phase to phase.
struct SandboxSession<'a> {
    set: &'a MechanicSet,
    receipt: Option<ReceiptCall>,
    instances: Vec<Option<Instance>>,
}

impl Session for SandboxSession<'_> {
    fn begin_phase(&mut self, receipt: &ReceiptCall) {
        self.receipt = Some(receipt.clone());
    }

    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault> {
        let (Some(component), Some(slot)) =
            (self.set.component(mechanic), self.instances.get_mut(mechanic.0))
        else {
            return Err(fault::not_ready("the mechanic is not loaded"));
        };
        let Some(receipt) = &self.receipt else {
            return Err(fault::not_ready("no receipt was begun"));
        };
        let Some(observer) = &self.set.observer else {
            return component.evaluate(slot, receipt, offers, facts).0;
        };
        let started = Instant::now();
        let (ended, cost) = component.evaluate(slot, receipt, offers, facts);
        let took = started.elapsed();
        observer.called(ObservedCall { mechanic, receipt, offers, facts, ended: &ended, cost, took });
        ended
    }
}
