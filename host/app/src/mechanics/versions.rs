//! Versions of mechanics: how an upload becomes one that is ready, and what is said of it.

use std::time::Instant;

use domain::mechanics::Phase;
use engine::{Class, CodeOrigin, Component, Limits, Refusal, inspect};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::state::App;

/// One step of an admission.
#[derive(Debug, Clone, Serialize)]
pub struct AdmissionStep {
    /// `uploaded`, `screened`, `compiled`, `rehearsed` or `ready`.
    pub state: &'static str,
    /// What was found.
    pub detail: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// A component that may go live, and how it came to that.
pub struct Admitted {
    /// The component.
    pub component: Component,
    /// The steps.
    pub steps: Vec<AdmissionStep>,
}

/// How a file is admitted.
#[derive(Debug, Clone, Copy)]
pub struct AdmissionOptions {
    /// How much it is trusted to need.
    pub class: Class,
    /// Whether it may fail its rehearsal.
    pub skip_rehearsal: bool,
}

/// Admits a file step by step, off the threads that serve.
pub async fn admit(app: &App, file: Vec<u8>, options: AdmissionOptions) -> Result<Result<Admitted, Refusal>, Error> {
    let AdmissionOptions { class, skip_rehearsal } = options;
    let (runtime, compiler) = app.registry.sandbox();
    let (runtime, compiler) = (runtime.clone(), compiler.clone());
    // Open as long as the registry is.
    let _slot = app.registry.compiling.acquire().await;
    let admit = move || {
        let mut steps = Steps::default();
        let limits = Limits::of(class);
        steps.take("uploaded", || Ok(((), format!("{} bytes, class {}", file.len(), class.name()))))?;
        let inspected = steps.take("screened", || {
            let inspected = inspect(&file, &limits.file)?;
            let detail = format!("contract {}, no imports", inspected.abi());
            Ok((inspected, detail))
        })?;
        let component = steps.take("compiled", || {
            let compiled = compiler.compile(&runtime, &file, inspected)?;
            let detail = match compiled.origin() {
                CodeOrigin::Compiled => "in a process of its own",
                CodeOrigin::Cache => "was compiled before",
            };
            Ok((compiled.describe(&limits.call)?, detail.to_owned()))
        })?;
        steps.take("rehearsed", || {
            let calls = match component.rehearse() {
                Ok(rehearsal) => rehearsal.calls,
                Err(refusal) if skip_rehearsal => return Ok(((), format!("let through although {refusal}"))),
                Err(refusal) => return Err(refusal),
            };
            let most = calls.iter().map(|call| call.fuel).max().unwrap_or(0);
            Ok(((), format!("{} calls on made-up receipts, with up to {most} units of fuel", calls.len())))
        })?;
        Ok(Admitted { component, steps: steps.0 })
    };
    tokio::task::spawn_blocking(admit).await.map_err(|lost| Error::internal(&lost))
}

#[derive(Default)]
struct Steps(Vec<AdmissionStep>);

impl Steps {
    fn take<T>(
        &mut self,
        state: &'static str,
        step: impl FnOnce() -> Result<(T, String), Refusal>,
    ) -> Result<T, Refusal> {
        let started = Instant::now();
        let (value, detail) = step()?;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.push(AdmissionStep { state, detail, milliseconds });
        Ok(value)
    }
}

/// What a component says of itself, for people and forms.
pub fn described(component: &Component) -> Value {
    let (description, inspected) = (component.description(), component.inspected());
    // A schema that is not JSON stays what it is: text.
    let schema = serde_json::from_str(&description.params_schema)
        .unwrap_or_else(|_| Value::from(description.params_schema.as_str()));
    json!({
        "abi": inspected.abi(),
        "size": inspected.bytes,
        "phases": description.phases.iter().map(phase_name).collect::<Vec<_>>(),
        "params_schema": schema,
        "imports": [],
    })
}

/// The name of a phase in JSON.
pub fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Discount => "discount",
        Phase::Accrual => "accrual",
    }
}
