//! The mechanics of one plan, behind the port of the pricing pipeline.

use std::sync::Arc;

use domain::mechanics::{
    Evaluated, Fact, Fault, MechanicId, Mechanics, OfferCall, ReceiptCall, Scope, Session, Verdict,
};

use crate::component::Component;
use crate::fault;
use crate::instance::Instance;
use crate::limits::Work;

/// The mechanics of one plan, numbered as in [`domain::plan::Plan::mechanics`]. One that is
/// missing costs its offers, not the receipt.
#[derive(Clone)]
pub struct MechanicSet {
    components: Vec<Option<Arc<Component>>>,
}

impl MechanicSet {
    /// A set in the order of the plan.
    pub fn new(components: Vec<Option<Arc<Component>>>) -> Self {
        Self { components }
    }

    /// The component with this number.
    pub fn component(&self, mechanic: MechanicId) -> Option<&Arc<Component>> {
        self.components.get(mechanic)?.as_ref()
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
        let (Some(component), Some(slot)) = (self.set.component(mechanic), self.instances.get_mut(mechanic))
        else {
            return Err(fault::not_ready("the mechanic is not loaded"));
        };
        let Some(receipt) = &self.receipt else {
            return Err(fault::not_ready("no receipt was begun"));
        };
        let lines = receipt.lines.len();
        let work = Work {
            lines,
            offers: offers.len(),
            scoped_lines: offers.iter().map(|offer| scoped_lines(offer, lines)).sum(),
        };
        // Taken out of its slot, so that after a fault it is gone.
        let mut instance = match slot.take() {
            Some(instance) => instance,
            None => component.start(work)?,
        };
        let called = instance.call(component.runtime(), component.limits(), work, |exports, store| {
            exports.evaluate(store, receipt, offers, facts)
        })?;
        check_texts(&called.value, component.limits().text_bytes)
            .map_err(|detail| fault::bad_output(detail, called.fuel))?;
        *slot = Some(instance);
        Ok(Evaluated { verdicts: called.value, fuel: called.fuel })
    }
}

/// How many lines the items of an offer are given to look at, at least one each.
fn scoped_lines(offer: &OfferCall, lines_in_receipt: usize) -> usize {
    let of_items = offer.items.iter().map(|item| match &item.scope {
        Scope::Lines(lines) => lines.len(),
        Scope::WholeReceipt => lines_in_receipt,
    });
    of_items.map(|lines| lines.max(1)).sum()
}

/// Texts go on to people and logs; whether proposals make sense is for the pipeline to say.
fn check_texts(verdicts: &[Verdict], bytes_max: usize) -> Result<(), String> {
    for verdict in verdicts {
        if let Verdict::Failed { code, detail } = verdict {
            let bytes = code.len().saturating_add(detail.len());
            if bytes > bytes_max {
                return Err(format!("a failure with {bytes} bytes of text; the limit is {bytes_max}"));
            }
        }
    }
    Ok(())
}
