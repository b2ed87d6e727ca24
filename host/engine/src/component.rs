//! An admitted mechanic: compiled, checked, and ready to be called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::mechanics::{
    Description, Evaluated, Fact, Fault, OfferCall, ParamsProblem, ReceiptCall, Verdict,
};

use crate::admission::{Inspected, Refusal, check_description, inspect};
use crate::compile::{Compiled, Compiler, Templates};
use crate::cost::{self, Cost};
use crate::fault;
use crate::instance::{Called, Instance};
use crate::limits::{CallLimits, Footprint, Limits, Work};
use crate::message;
use crate::params_schema::ParamsSchema;
use crate::runtime::Runtime;

/// A mechanic that is ready to be called. Immutable; share it behind an `Arc`.
pub struct Component {
    runtime: Runtime,
    templates: Arc<Templates>,
    limits: CallLimits,
    inspected: Inspected,
    description: Description,
    schema: Arc<ParamsSchema>,
}

impl Compiled {
    /// Asks a compiled mechanic for its description, and checks it.
    pub fn describe(self, limits: &CallLimits) -> Result<Component, Refusal> {
        let Self { runtime, templates, inspected, .. } = self;
        let description = describe(&runtime, &templates, limits).map_err(Refusal::Describe)?;
        let problems = check_description(&description);
        if !problems.is_empty() {
            return Err(Refusal::Description(problems));
        }
        let schema = Arc::new(ParamsSchema::compile(&description)?);
        let (templates, limits) = (Arc::new(templates), limits.clone());
        Ok(Component { runtime, templates, limits, inspected, description, schema })
    }
}

impl Component {
    /// Admits a trusted file: all steps of [`Self::admit_with`], compiling in this process.
    pub fn admit(runtime: &Runtime, file: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        Self::admit_with(runtime, &Compiler::in_process(), file, limits)
    }

    /// Admits a file: inspects it, compiles it, asks for its description, and checks that. Each step
    /// can be taken by itself: [`inspect`], [`Compiler::compile`], [`Compiled::describe`].
    pub fn admit_with(
        runtime: &Runtime,
        compiler: &Compiler,
        file: &[u8],
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        compiler.compile(runtime, file, inspect(file, &limits.file)?)?.describe(&limits.call)
    }

    /// Its description.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Its file: digest, size and version of the contract.
    pub fn inspected(&self) -> &Inspected {
        &self.inspected
    }

    /// Limits of each call.
    pub fn limits(&self) -> &CallLimits {
        &self.limits
    }

    /// Checks the parameters of an offer by the mechanic's schema and, if that finds no problems, by
    /// the mechanic itself in a new instance: it can rely on its schema.
    pub fn validate(&self, params: &str, offer: &OfferCall) -> Result<Vec<ParamsProblem>, Fault> {
        let problems = self.schema.check(params);
        if !problems.is_empty() {
            return Ok(problems);
        }
        let work = Work { lines: 0, offers: 1, scoped_lines: offer.items.len() };
        let checked = self.start(work)?.call(&self.runtime, &self.limits, work, |exports, store| {
            exports.validate(store, params, offer)
        })?;
        Ok(checked.value)
    }

    /// Asks for verdicts in the instance of a receipt, or in a new one if `slot` is empty. After a
    /// fault the slot is empty.
    pub(crate) fn evaluate(
        &self,
        slot: &mut Option<Instance>,
        receipt: &ReceiptCall,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> (Result<Evaluated, Fault>, Cost) {
        let work = Work::of(receipt, offers);
        let mut cost = Cost::nothing_of(&self.limits, work);
        let mut instance = match slot.take().map_or_else(|| self.start(work), Ok) {
            Ok(instance) => instance,
            Err(fault) => return (Err(fault), cost),
        };
        let called = instance.call(&self.runtime, &self.limits, work, |exports, store| {
            exports.evaluate(store, receipt, offers, facts)
        });
        cost.memory_bytes = instance.memory_bytes();
        let evaluated = called.and_then(|Called { value: mut verdicts, fuel }| {
            message::clean(&mut verdicts, self.limits.text_bytes);
            check_texts(&verdicts, self.limits.text_bytes)
                .map_err(|detail| fault::bad_output(detail, fuel))?;
            Ok(Evaluated { verdicts, fuel })
        });
        match &evaluated {
            Ok(evaluated) => {
                cost.fuel = evaluated.fuel;
                cost.returned_bytes = cost::returned_bytes(&evaluated.verdicts);
                *slot = Some(instance);
            }
            Err(fault) => cost.fuel = fault.fuel,
        }
        (evaluated, cost)
    }

    /// Asks for verdicts in a new instance, as when a receipt is priced in one phase. Gives also the cost
    /// and the wall-clock time on this machine.
    pub fn evaluate_alone(
        &self,
        receipt: &ReceiptCall,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> (Result<Evaluated, Fault>, Cost, Duration) {
        let started = Instant::now();
        let (evaluated, cost) = self.evaluate(&mut None, receipt, offers, facts);
        (evaluated, cost, started.elapsed())
    }

    /// This mechanic with other limits of each call.
    #[must_use]
    pub fn with_limits(&self, limits: CallLimits) -> Self {
        Self {
            runtime: self.runtime.clone(),
            templates: Arc::clone(&self.templates),
            limits,
            inspected: self.inspected.clone(),
            description: self.description.clone(),
            schema: Arc::clone(&self.schema),
        }
    }

    /// Asks for the description again, in a new instance.
    pub(crate) fn describe_again(&self) -> Result<Description, Fault> {
        describe(&self.runtime, &self.templates, &self.limits)
    }

    /// The schema of its parameters.
    pub(crate) fn schema(&self) -> &ParamsSchema {
        &self.schema
    }

    /// The sandbox that it runs in.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The compiled code that its instances are made from.
    pub(crate) fn templates(&self) -> &Templates {
        &self.templates
    }

    /// A new instance, with memory for a first call with this amount of work.
    fn start(&self, work: Work) -> Result<Instance, Fault> {
        self.templates.start(&self.runtime, work.footprint(), &self.limits)
    }
}

fn describe(runtime: &Runtime, templates: &Templates, limits: &CallLimits) -> Result<Description, Fault> {
    let mut instance = templates.start(runtime, Footprint::Usual, limits)?;
    let described =
        instance.call(runtime, limits, Work::default(), |exports, store| exports.describe(store))?;
    Ok(described.value)
}

/// Limits the texts of failures, which go to people and logs. The pipeline checks the proposals.
fn check_texts(verdicts: &[Verdict], bytes_max: usize) -> Result<(), String> {
    for verdict in verdicts {
        if let Verdict::Failed { code, detail, message: _ } = verdict {
            let bytes = code.len().saturating_add(detail.len());
            if bytes > bytes_max {
                return Err(format!("a failure with {bytes} bytes of text; the limit is {bytes_max}"));
            }
        }
    }
    Ok(())
}
