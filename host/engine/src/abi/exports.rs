//! The exports of a component, written once for all versions of the contract.

/// Defines `Template`, a component that was checked against a version of the contract, and
/// `Exports`, the functions of one of its instances.
///
/// `abi` is the version, `bindings` the module that `bindgen!` fills, `types` its types. The module
/// must have the children `call`, `verdict` and `description`, which convert them.
macro_rules! exports {
    (abi: $abi:expr, bindings: $bindings:ident, types: $types:ident $(,)?) => {
        use ::domain::mechanics as domain;
        use ::wasmtime::component::{
            Component, ComponentExportIndex, Instance, InstancePre, Linker, TypedFunc,
        };
        use ::wasmtime::error::Context as _;
        use ::wasmtime::{Engine, Result, Store};
        use $crate::limits::Limiter;

        pub(crate) struct Template {
            linked: InstancePre<Limiter>,
            exports: $bindings::MechanicIndices,
            evaluate: ComponentExportIndex,
        }

        /// The function `evaluate` of the contract.
        type Evaluate<'a> = TypedFunc<
            ($types::Receipt<'a>, &'a [$types::Offer<'a>], &'a [$types::Fact<'a>]),
            (Vec<$types::Verdict>,),
        >;

        impl Template {
            pub(super) fn new(engine: &Engine, component: &Component) -> Result<Self> {
                // Nothing is linked: a mechanic has no imports.
                let linked = Linker::new(engine).instantiate_pre(component)?;
                let exports = $bindings::MechanicIndices::new(&linked)?;
                let rules = component.get_export_index(None, &$abi.export());
                let evaluate = rules.and_then(|rules| component.get_export_index(Some(&rules), "evaluate"));
                let evaluate = evaluate.context("no export `evaluate`")?;
                Ok(Self { linked, exports, evaluate })
            }

            pub(super) fn instantiate(&self, store: &mut Store<Limiter>) -> Result<Exports> {
                let instance = self.linked.instantiate(store)?;
                Ok(Exports { instance, exports: self.exports.clone(), evaluate: self.evaluate })
            }
        }

        pub(crate) struct Exports {
            instance: Instance,
            exports: $bindings::MechanicIndices,
            evaluate: ComponentExportIndex,
        }

        impl Exports {
            pub(super) fn describe(&self, store: &mut Store<Limiter>) -> Result<domain::Description> {
                let mechanic = self.exports.load(&mut *store, &self.instance)?;
                let description = mechanic.loyalty_mechanic_rules().call_describe(store)?;
                Ok(description::description(description))
            }

            pub(super) fn validate(
                &self,
                store: &mut Store<Limiter>,
                params: &str,
                offer: &domain::OfferCall,
            ) -> Result<Vec<domain::ParamsProblem>> {
                let mechanic = self.exports.load(&mut *store, &self.instance)?;
                let rules = mechanic.loyalty_mechanic_rules();
                let problems = call::with_offer(offer, |offer| rules.call_validate(store, params, offer))?;
                Ok(problems.into_iter().map(description::problem).collect())
            }

            pub(super) fn evaluate(
                &self,
                store: &mut Store<Limiter>,
                receipt: &domain::ReceiptCall,
                offers: &[domain::OfferCall],
                facts: &[domain::Fact],
            ) -> Result<Vec<domain::Verdict>> {
                let receipt = call::receipt(receipt);
                let facts: Vec<$types::Fact<'_>> = facts.iter().map(call::fact).collect();
                let (verdicts,) = call::with_offers(offers, |offers| {
                    // Only `evaluate` is looked up: loading all exports would check three function types at
                    // every receipt.
                    let evaluate: Evaluate<'_> = self.instance.get_typed_func(&mut *store, self.evaluate)?;
                    evaluate.call(store, (receipt, offers, &facts))
                })?;
                Ok(verdicts.into_iter().map(verdict::verdict).collect())
            }
        }
    };
}

pub(super) use exports;
