//! An admitted mechanic: compiled, checked, and known by what it says of itself.

use domain::mechanics::{Description, Fault, OfferCall, ParamsProblem};
use wasmtime::Engine;
use wasmtime::component::Component as Compiled;

use crate::abi::{Abi, Template};
use crate::admission::{Inspected, Refusal, check_description, inspect};
use crate::instance::Instance;
use crate::limits::{CallLimits, Limits, Work};
use crate::runtime::{Footprint, Runtime};

/// A mechanic that is ready to be called. Immutable; share it behind an `Arc`.
pub struct Component {
    runtime: Runtime,
    templates: Templates,
    limits: CallLimits,
    inspected: Inspected,
    description: Description,
}

impl Component {
    /// Admits a file: inspects it, compiles it, asks it what it is, and checks the answer.
    pub fn admit(runtime: &Runtime, file: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let inspected = inspect(file, &limits.file)?;
        let templates = Templates::compile(runtime, file, inspected.abi)?;
        let description = describe(runtime, &templates, &limits.call).map_err(Refusal::Describe)?;
        let problems = check_description(&description);
        if !problems.is_empty() {
            return Err(Refusal::Description(problems));
        }
        Ok(Self { runtime: runtime.clone(), templates, limits: limits.call.clone(), inspected, description })
    }

    /// What it says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// What its file was: digest, size and version of the contract.
    pub fn inspected(&self) -> &Inspected {
        &self.inspected
    }

    /// What a call may use.
    pub fn limits(&self) -> &CallLimits {
        &self.limits
    }

    /// Has the parameters of an offer checked by the mechanic, in an instance of its own.
    pub fn validate(&self, params: &str, offer: &OfferCall) -> Result<Vec<ParamsProblem>, Fault> {
        let work = Work { lines: 0, offers: 1, scoped_lines: offer.items.len() };
        let checked = self.start(work)?.call(&self.runtime, &self.limits, work, |exports, store| {
            exports.validate(store, params, offer)
        })?;
        Ok(checked.value)
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// An instance whose first call is about so much.
    pub(crate) fn start(&self, work: Work) -> Result<Instance, Fault> {
        self.templates.start(&self.runtime, work.footprint(), &self.limits)
    }
}

/// A compiled mechanic, ready in both pools.
struct Templates {
    usual: Template,
    large: Template,
}

impl Templates {
    /// The only place that compiles: where compiling moves to a process of its own, it moves from
    /// here.
    fn compile(runtime: &Runtime, file: &[u8], abi: Abi) -> Result<Self, Refusal> {
        let invalid = |error: wasmtime::Error| Refusal::Invalid(format!("{error:#}"));
        let template = |engine: &Engine, component: &Compiled| {
            Template::new(abi, engine, component).map_err(|error| Refusal::WrongTypes(format!("{error:#}")))
        };
        let (usual, large) = (runtime.engine(Footprint::Usual), runtime.engine(Footprint::Large));
        let compiled = Compiled::from_binary(usual, file).map_err(invalid)?;
        let code = compiled.serialize().map_err(invalid)?;
        #[expect(unsafe_code, reason = "the safe way to the second pool is to compile a second time")]
        // SAFETY: `code` is what wasmtime wrote in the line above, and has not left this function.
        let copied = unsafe { Compiled::deserialize(large, code) }.map_err(invalid)?;
        Ok(Self { usual: template(usual, &compiled)?, large: template(large, &copied)? })
    }

    fn start(&self, runtime: &Runtime, footprint: Footprint, limits: &CallLimits) -> Result<Instance, Fault> {
        let template = match footprint {
            Footprint::Usual => &self.usual,
            Footprint::Large => &self.large,
        };
        Instance::start(runtime, footprint, template, limits)
    }
}

fn describe(runtime: &Runtime, templates: &Templates, limits: &CallLimits) -> Result<Description, Fault> {
    let mut instance = templates.start(runtime, Footprint::Usual, limits)?;
    let described =
        instance.call(runtime, limits, Work::default(), |exports, store| exports.describe(store))?;
    Ok(described.value)
}
