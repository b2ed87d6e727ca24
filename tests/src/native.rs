//! The native twin of the sandbox: the same mechanic crates, linked into this process.

mod call;
mod verdict;

use domain::mechanics::{
    Blame, Evaluated, Fact, Fault, MechanicId, Mechanics, OfferCall, Outcome, ReceiptCall, Session,
};
use mechanic_sdk::{Mechanic, Offer, Receipt, Verdict};

type Evaluate = fn(&Receipt, &[Offer], &[mechanic_sdk::Fact]) -> Vec<Verdict>;

/// Every mechanic crate of the workspace, by the name that offers use.
const LINKED: [(&str, Evaluate); 7] = [
    ("category", category::Category::evaluate),
    ("group", group::Group::evaluate),
    ("ml", ml::Ml::evaluate),
    ("multibuy", multibuy::Multibuy::evaluate),
    ("product", product::Product::evaluate),
    ("receipt", receipt::WholeReceipt::evaluate),
    ("threshold", threshold::Threshold::evaluate),
];

/// Mechanics in the order of a plan. Their fuel is always zero.
#[derive(Debug, Clone)]
pub struct NativeMechanics {
    rules: Vec<Option<Evaluate>>,
}

impl NativeMechanics {
    /// The mechanics of a plan, by name; one that is not linked answers as one that is not loaded.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let linked = |name| LINKED.iter().find(|(linked, _)| *linked == name).map(|(_, evaluate)| *evaluate);
        Self { rules: names.into_iter().map(linked).collect() }
    }
}

impl Mechanics for NativeMechanics {
    fn open(&self) -> Box<dyn Session + '_> {
        Box::new(NativeSession { rules: &self.rules, receipt: None })
    }
}

struct NativeSession<'a> {
    rules: &'a [Option<Evaluate>],
    receipt: Option<Receipt>,
}

impl Session for NativeSession<'_> {
    fn begin_phase(&mut self, receipt: &ReceiptCall) {
        self.receipt = Some(call::receipt(receipt));
    }

    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault> {
        let (Some(&Some(evaluate)), Some(receipt)) = (self.rules.get(mechanic.0), &self.receipt) else {
            let detail = "the mechanic is not loaded".to_owned();
            return Err(Fault { outcome: Outcome::Disabled, blame: Blame::Host, detail, fuel: 0 });
        };
        let offers: Vec<Offer> = offers.iter().map(call::offer).collect();
        let facts: Vec<mechanic_sdk::Fact> = facts.iter().map(call::fact).collect();
        let verdicts = evaluate(receipt, &offers, &facts);
        Ok(Evaluated { verdicts: verdicts.into_iter().map(verdict::verdict).collect(), fuel: 0 })
    }
}
