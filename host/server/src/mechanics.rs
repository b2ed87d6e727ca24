//! The mechanics that this host can run.

use std::sync::Arc;

use domain::plan::Mechanic;
use engine::{Class, Component, Limits, MechanicSet, Refusal, Runtime};

/// Mechanics, ready to be called; numbered as in the plans that are built with them.
#[derive(Clone)]
pub struct Mechanics {
    components: Vec<Arc<Component>>,
}

/// A built-in mechanic was not admitted: the build is broken.
#[derive(Debug, thiserror::Error)]
#[error("the built-in mechanic `{name}` is refused")]
pub struct BuiltinRefused {
    name: &'static str,
    #[source]
    refusal: Refusal,
}

impl Mechanics {
    /// The mechanics that come with the host.
    pub fn builtin(runtime: &Runtime) -> Result<Self, BuiltinRefused> {
        let limits = Limits::of(Class::Fast);
        let components = bundle::builtins()
            .iter()
            .map(|builtin| {
                Component::admit(runtime, builtin.wasm, &limits)
                    .map(Arc::new)
                    .map_err(|refusal| BuiltinRefused { name: builtin.name, refusal })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { components })
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Component>> {
        self.components.iter()
    }

    /// What a plan says of them.
    pub fn table(&self) -> Vec<Mechanic> {
        self.iter()
            .map(|component| Mechanic {
                name: component.description().name.clone(),
                description: component.description().clone(),
                digest: component.inspected().digest.clone(),
            })
            .collect()
    }

    /// The set that prices receipts of such a plan.
    pub fn set(&self) -> MechanicSet {
        MechanicSet::new(self.iter().map(|component| Some(Arc::clone(component))).collect())
    }
}
