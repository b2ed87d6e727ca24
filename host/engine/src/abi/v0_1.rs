//! `loyalty:mechanic@0.1.0`.

mod answer;
mod call;

use domain::mechanics as domain;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Result, Store};

use crate::limits::Limiter;

pub(crate) use call::Receipt;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1.0",
        world: "mechanic",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

use bindings::exports::loyalty::mechanic::rules as wit;

pub(crate) struct Template(bindings::MechanicPre<Limiter>);

impl Template {
    pub(super) fn new(engine: &Engine, component: &Component) -> Result<Self> {
        // Nothing is linked: a mechanic has no imports.
        let linked = Linker::new(engine).instantiate_pre(component)?;
        bindings::MechanicPre::new(linked).map(Self)
    }

    pub(super) fn instantiate(&self, store: &mut Store<Limiter>) -> Result<Exports> {
        self.0.instantiate(store).map(Exports)
    }
}

pub(crate) struct Exports(bindings::Mechanic);

impl Exports {
    pub(super) fn describe(&self, store: &mut Store<Limiter>) -> Result<domain::Description> {
        let description = self.0.loyalty_mechanic_rules().call_describe(store)?;
        Ok(answer::description(description))
    }

    pub(super) fn validate(
        &self,
        store: &mut Store<Limiter>,
        params: &str,
        offer: &domain::OfferCall,
    ) -> Result<Vec<domain::ParamsProblem>> {
        let rules = self.0.loyalty_mechanic_rules();
        let problems = call::with_offer(offer, |offer| rules.call_validate(store, params, offer))?;
        Ok(problems.into_iter().map(answer::problem).collect())
    }

    pub(super) fn evaluate(
        &self,
        store: &mut Store<Limiter>,
        receipt: &Receipt,
        offers: &[domain::OfferCall],
        facts: &[domain::Fact],
    ) -> Result<Vec<domain::Verdict>> {
        let rules = self.0.loyalty_mechanic_rules();
        let facts = call::facts(facts);
        let verdicts =
            call::with_offers(offers, |offers| rules.call_evaluate(store, receipt.lower(), offers, &facts))?;
        Ok(verdicts.into_iter().map(answer::verdict).collect())
    }
}
