//! An admitted mechanic: compiled, checked, and known by what it says of itself.

use domain::mechanics::{
    Description, Evaluated, Fact, Fault, OfferCall, ParamsProblem, ReceiptCall, Scope, Verdict,
};

use crate::admission::{Inspected, Refusal, check_description, inspect};
use crate::compile::{Compiled, Compiler, Templates};
use crate::fault;
use crate::instance::Instance;
use crate::limits::{CallLimits, Limits, Work};
use crate::params_schema::ParamsSchema;
use crate::runtime::{Footprint, Runtime};

/// A mechanic that is ready to be called. Immutable; share it behind an `Arc`.
pub struct Component {
    runtime: Runtime,
    templates: Templates,
    limits: CallLimits,
    inspected: Inspected,
    description: Description,
    schema: ParamsSchema,
}

impl Compiled {
    /// Asks a compiled mechanic what it is, and checks the answer.
    pub fn describe(self, limits: &CallLimits) -> Result<Component, Refusal> {
        let Self { runtime, templates, inspected, .. } = self;
        let description = describe(&runtime, &templates, limits).map_err(Refusal::Describe)?;
        let problems = check_description(&description);
        if !problems.is_empty() {
            return Err(Refusal::Description(problems));
        }
        let schema = ParamsSchema::compile(&description)?;
        Ok(Component { runtime, templates, limits: limits.clone(), inspected, description, schema })
    }
}

impl Component {
    /// Admits a file that is trusted: all the steps of [`Self::admit_with`], in this process.
    pub fn admit(runtime: &Runtime, file: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        Self::admit_with(runtime, &Compiler::in_process(), file, limits)
    }

    /// Admits a file: inspects it, compiles it, asks it what it is, and checks the answer. Each
    /// step can be taken by itself: [`inspect`], [`Compiler::compile`], [`Compiled::describe`].
    pub fn admit_with(
        runtime: &Runtime,
        compiler: &Compiler,
        file: &[u8],
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        compiler.compile(runtime, file, inspect(file, &limits.file)?)?.describe(&limits.call)
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

    /// Checks the parameters of an offer by the mechanic's schema, then by the mechanic itself, in an
    /// instance of its own: it need not expect what its schema rules out.
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

    /// Asks for verdicts in the instance of a receipt, or in a fresh one if it has none yet. After
    /// a fault the instance is gone.
    pub(crate) fn evaluate(
        &self,
        slot: &mut Option<Instance>,
        receipt: &ReceiptCall,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault> {
        let lines = receipt.lines.len();
        let work = Work {
            lines,
            offers: offers.len(),
            scoped_lines: offers.iter().map(|offer| scoped_lines(offer, lines)).sum(),
        };
        let mut instance = match slot.take() {
            Some(instance) => instance,
            None => self.start(work)?,
        };
        let called = instance.call(&self.runtime, &self.limits, work, |exports, store| {
            exports.evaluate(store, receipt, offers, facts)
        })?;
        check_texts(&called.value, self.limits.text_bytes)
            .map_err(|detail| fault::bad_output(detail, called.fuel))?;
        *slot = Some(instance);
        Ok(Evaluated { verdicts: called.value, fuel: called.fuel })
    }

    /// An instance whose first call is about so much.
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
