//! Admission of versions of mechanics, and the description that is stored of them.

use std::time::Instant;

use bytes::Bytes;
use engine::{Class, CodeOrigin, Component, Hint, Limits, Refusal, Rehearsal, frozen_clock, inspect};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::registry::count;
use super::trials;
use crate::error::Error;
use crate::state::App;

/// One step of an admission. Stored with the version as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct AdmissionStep {
    /// `uploaded`, `screened`, `compiled`, `rehearsed` or `ready`.
    pub state: &'static str,
    /// Result of the step, in words.
    pub detail: String,
    /// Duration of the step.
    pub milliseconds: u64,
    /// Sentences for the author and for the one who rolls it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl AdmissionStep {
    /// The last step.
    pub fn ready() -> Self {
        let detail = "it may be rolled out".to_owned();
        Self { state: "ready", detail, milliseconds: 0, warnings: Vec::new() }
    }
}

/// An admitted component.
pub struct Admitted {
    /// The component.
    pub component: Component,
    /// The steps of its admission.
    pub steps: Vec<AdmissionStep>,
}

/// Options of an admission.
#[derive(Debug, Clone, Copy)]
pub struct AdmissionOptions {
    /// Class of limits.
    pub class: Class,
    /// True to admit it even if its rehearsal fails.
    pub skip_rehearsal: bool,
}

/// Admits a file step by step, on a thread that may block; `hints` say what the receipts of its rehearsal should say.
pub async fn admit(
    app: &App,
    file: Bytes,
    options: AdmissionOptions,
    hints: Vec<Hint>,
) -> Result<Result<Admitted, Refusal>, Error> {
    let AdmissionOptions { class, skip_rehearsal } = options;
    let (runtime, compiler) = app.registry.sandbox();
    let (runtime, compiler) = (runtime.clone(), compiler.clone());
    let counter = app.registry.compiled().clone();
    let _permits = app.registry.upload_permits().await;
    let admit = move || {
        let mut steps = Steps::default();
        let limits = Limits::of(class);
        steps.run("uploaded", || Ok(((), format!("{} bytes, class {}", file.len(), class.name()))))?;
        let inspected = steps.run("screened", || {
            let inspected = inspect(&file, &limits.file)?;
            let detail = format!("contract {}, no imports", inspected.abi());
            Ok((inspected, detail))
        })?;
        steps.warn(frozen_clock(&file).map(str::to_owned));
        let component = steps.run("compiled", || {
            let compiled = compiler.compile(&runtime, &file, inspected)?;
            count(&counter, &compiled);
            let detail = match compiled.origin() {
                CodeOrigin::Compiled => "in a process of its own",
                CodeOrigin::Cache => "was compiled before",
            };
            Ok((compiled.describe(&limits.call)?, detail.to_owned()))
        })?;
        let warnings = steps.run("rehearsed", || {
            let Rehearsal { calls, warnings } = match component.rehearse(&trials::of(&component, &hints)) {
                Ok(rehearsal) => rehearsal,
                Err(refusal) if skip_rehearsal => {
                    return Ok((Vec::new(), format!("let through although {refusal}")));
                }
                Err(refusal) => return Err(refusal),
            };
            let most = calls.iter().map(|call| call.fuel).max().unwrap_or(0);
            let proposing = calls.iter().filter(|call| call.verdicts.proposing > 0).count();
            let detail = format!(
                "{} calls on made-up receipts, {proposing} with proposals, with up to {most} units of fuel",
                calls.len()
            );
            Ok((warnings, detail))
        })?;
        steps.warn(warnings);
        Ok(Admitted { component, steps: steps.0 })
    };
    tokio::task::spawn_blocking(admit).await.map_err(|lost| Error::internal(&lost))
}

/// Steps that are done.
#[derive(Default)]
struct Steps(Vec<AdmissionStep>);

impl Steps {
    /// Runs a step and records its result and duration.
    fn run<T>(
        &mut self,
        state: &'static str,
        step: impl FnOnce() -> Result<(T, String), Refusal>,
    ) -> Result<T, Refusal> {
        let started = Instant::now();
        let (value, detail) = step()?;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.push(AdmissionStep { state, detail, milliseconds, warnings: Vec::new() });
        Ok(value)
    }

    /// Adds warnings to the last step.
    fn warn(&mut self, warnings: impl IntoIterator<Item = String>) {
        if let Some(step) = self.0.last_mut() {
            step.warnings.extend(warnings);
        }
    }
}

/// The warnings in the stored steps of an admission.
pub fn warnings(steps: &Value) -> Vec<String> {
    let steps = steps.as_array().into_iter().flatten();
    let warnings = steps.filter_map(|step| step.get("warnings")?.as_array()).flatten();
    warnings.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The description of a component, which is stored with the version.
#[derive(Serialize)]
struct Described<'a> {
    abi: &'a str,
    imports: [&'a str; 0],
    /// As the mechanic wrote it: forms keep its order.
    params_schema: Box<RawValue>,
    phases: Vec<&'a str>,
    size: usize,
}

/// The description of a component as a JSON document, for people and forms.
pub fn described(component: &Component) -> Result<String, serde_json::Error> {
    let (description, inspected) = (component.description(), component.inspected());
    // A schema that is not JSON is kept as text.
    let schema = RawValue::from_string(description.params_schema.clone());
    let schema = schema.or_else(|_| to_raw_value(&description.params_schema))?;
    serde_json::to_string(&Described {
        abi: inspected.abi(),
        imports: [],
        params_schema: schema,
        phases: description.phases.iter().map(|phase| phase.name()).collect(),
        size: inspected.bytes,
    })
}
