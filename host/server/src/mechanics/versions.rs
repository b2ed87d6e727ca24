//! Versions of mechanics: how an upload becomes one that is ready, and what is said of it.

use std::time::Instant;

use domain::mechanics::Phase;
use engine::{Class, Component, Limits, Refusal};
use serde::Serialize;
use serde_json::{Value, json};

use super::registry::class_name;
use crate::error::ApiError;
use crate::state::App;

/// One step of an admission.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
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
    pub steps: Vec<Step>,
}

/// Admits a file step by step, off the threads that serve.
pub async fn admit(app: &App, file: Vec<u8>, class: Class) -> Result<Result<Admitted, Refusal>, ApiError> {
    let runtime = app.registry.runtime().clone();
    let admit = move || {
        let limits = Limits::of(class);
        let mut steps = vec![Step {
            state: "uploaded",
            detail: format!("{} bytes, class {}", file.len(), class_name(class)),
            milliseconds: 0,
        }];
        let started = Instant::now();
        let component = Component::admit(&runtime, &file, &limits)?;
        steps.push(step("compiled", "it answers to `describe`".to_owned(), started));
        Ok(Admitted { component, steps })
    };
    tokio::task::spawn_blocking(admit).await.map_err(|lost| ApiError::internal(&lost))
}

fn step(state: &'static str, detail: String, started: Instant) -> Step {
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Step { state, detail, milliseconds }
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
