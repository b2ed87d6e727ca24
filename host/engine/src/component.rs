//! An admitted mechanic: compiled, checked, and known by what it says of itself.

use domain::mechanics::{Description, Fault, OfferCall, ParamsProblem};

use crate::abi::Template;
use crate::admission::{Inspected, Refusal, check_description, inspect};
use crate::instance::Instance;
use crate::limits::{CallLimits, Limits, Work};
use crate::runtime::Runtime;

/// A mechanic that is ready to be called. Immutable; share it behind an `Arc`.
pub struct Component {
    runtime: Runtime,
    template: Template,
    limits: CallLimits,
    inspected: Inspected,
    description: Description,
}

impl Component {
    /// Admits a file: inspects it, compiles it, asks it what it is, and checks the answer.
    pub fn admit(runtime: &Runtime, file: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let inspected = inspect(file, &limits.file)?;
        let template = compile(runtime, file, &inspected)?;
        let description = describe(runtime, &template, &limits.call).map_err(Refusal::Describe)?;
        let problems = check_description(&description);
        if !problems.is_empty() {
            return Err(Refusal::Description(problems));
        }
        Ok(Self { runtime: runtime.clone(), template, limits: limits.call.clone(), inspected, description })
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
        let checked = self.start()?.call(&self.runtime, &self.limits, work, |exports, store| {
            exports.validate(store, params, offer)
        })?;
        Ok(checked.value)
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn start(&self) -> Result<Instance, Fault> {
        Instance::start(&self.runtime, &self.template, &self.limits)
    }
}

/// The only place that compiles: where compiling moves to a process of its own, it moves from here.
fn compile(runtime: &Runtime, file: &[u8], inspected: &Inspected) -> Result<Template, Refusal> {
    let component = wasmtime::component::Component::from_binary(runtime.engine(), file)
        .map_err(|error| Refusal::Invalid(format!("{error:#}")))?;
    Template::new(inspected.abi, runtime.engine(), &component)
        .map_err(|error| Refusal::WrongTypes(format!("{error:#}")))
}

fn describe(runtime: &Runtime, template: &Template, limits: &CallLimits) -> Result<Description, Fault> {
    let mut instance = Instance::start(runtime, template, limits)?;
    let described =
        instance.call(runtime, limits, Work::default(), |exports, store| exports.describe(store))?;
    Ok(described.value)
}
