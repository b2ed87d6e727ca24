//! The mechanics that the host brings along: in the sandbox, and the same crates linked natively.

use std::sync::{Arc, OnceLock};

use domain::plan::Mechanic;
use engine::{Component, Limits, MechanicSet, Runtime, RuntimeSettings};

use crate::native::NativeMechanics;

/// The built-in mechanics, compiled once for a process.
pub struct Builtins {
    /// As a plan lists them.
    pub described: Vec<Mechanic>,
    /// In the sandbox.
    pub sandbox: MechanicSet,
    /// Linked natively.
    pub native: NativeMechanics,
}

impl Builtins {
    /// The mechanics, in the order of [`bundle::builtins`].
    pub fn get() -> anyhow::Result<&'static Self> {
        static BUILTINS: OnceLock<Result<Builtins, String>> = OnceLock::new();
        BUILTINS
            .get_or_init(|| Self::build().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn build() -> anyhow::Result<Self> {
        let runtime = Runtime::new(&RuntimeSettings::default())?;
        let limits = Limits::default();
        let mut described = Vec::new();
        let mut components = Vec::new();
        for builtin in bundle::builtins() {
            let component = Component::admit(&runtime, builtin.wasm, &limits)?;
            described.push(Mechanic {
                name: builtin.name.to_owned(),
                description: component.description().clone(),
                digest: component.inspected().digest.clone(),
                previous: None,
            });
            components.push(Some(Arc::new(component)));
        }
        let native = NativeMechanics::new(described.iter().map(|mechanic| mechanic.name.as_str()));
        Ok(Self { described, sandbox: MechanicSet::new(components), native })
    }
}
