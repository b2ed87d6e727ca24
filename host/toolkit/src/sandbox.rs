//! The mechanics of a plan file or a case file, admitted and ready to price.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use domain::mechanics::{Fault, MechanicId, OfferCall, ParamsProblem};
use domain::plan::Mechanic;
use engine::{Compiler, Component, Limits, MechanicSet, Runtime, RuntimeSettings};
use wire::plan::MechanicFile;
use wire::problem::{Problem, Problems};

use crate::compiler::{self, CacheFolder};
use crate::threads;

/// The most mechanics that a plan is expected to use.
const MECHANICS_MAX: usize = 32;

/// Admitted mechanics, in the order of the plan.
#[derive(Clone)]
pub struct Sandbox {
    runtime: Runtime,
    mechanics: Vec<(String, Arc<Component>)>,
}

impl Sandbox {
    /// The mechanics that come with the host.
    pub fn with_builtins() -> anyhow::Result<Self> {
        let defaults = RuntimeSettings::default();
        let instances = threads::cores().saturating_mul(MECHANICS_MAX).try_into().unwrap_or(u32::MAX);
        let settings = RuntimeSettings { instances: instances.max(defaults.instances), ..defaults };
        let runtime = Runtime::new(&settings).context("the sandbox cannot start")?;
        let compiler = compiler::with_user_cache(Compiler::in_process(), CacheFolder::Trusted, &runtime);
        let admitted = bundle::builtins().iter().map(|builtin| {
            let component = Component::admit_with(&runtime, &compiler, builtin.wasm, &Limits::default())
                .with_context(|| format!("the built-in mechanic `{}` is refused", builtin.name))?;
            Ok((builtin.name.to_owned(), Arc::new(component)))
        });
        let mechanics = admitted.collect::<anyhow::Result<_>>()?;
        Ok(Self { runtime, mechanics })
    }

    /// The wasmtime engine that the mechanics run in.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Name and component of each mechanic.
    pub fn mechanics(&self) -> impl Iterator<Item = (&str, &Arc<Component>)> {
        self.mechanics.iter().map(|(name, component)| (name.as_str(), component))
    }

    /// Admits the mechanics that a plan names by their files, relative to `folder`. One with the name of a built-in
    /// mechanic takes its place. Answers a problem for each file that is unreadable or refused.
    pub fn admit_all(&mut self, folder: &Path, files: Vec<MechanicFile>) -> Problems {
        let mut problems = Problems::default();
        if files.is_empty() {
            return problems;
        }
        let compiler = compiler::with_user_cache(Compiler::in_process(), CacheFolder::Trusted, &self.runtime);
        for (index, MechanicFile { name, path, class }) in files.into_iter().enumerate() {
            let admitted = fs::read(folder.join(&path))
                .map_err(|error| ("unreadable_file", format!("{path} cannot be read: {error}")))
                .and_then(|file| {
                    let class = class.unwrap_or_else(|| engine::smallest_class(&file));
                    Component::admit_with(&self.runtime, &compiler, &file, &Limits::of(class))
                        .map_err(|refusal| (refusal.code(), format!("{refusal}: {}", refusal.advice())))
                });
            match admitted {
                Ok(component) => self.put(name, Arc::new(component)),
                Err((code, detail)) => {
                    let pointer = format!("/mechanics/{index}/path");
                    problems.push(Problem { pointer, code: code.into(), detail });
                }
            }
        }
        problems
    }

    /// The descriptions that the mechanics give of themselves, as plans list them.
    pub fn described(&self) -> Vec<Mechanic> {
        let described = self.mechanics.iter().map(|(name, component)| Mechanic {
            name: name.clone(),
            description: component.description().clone(),
            digest: component.inspected().digest.clone(),
            previous: None,
        });
        described.collect()
    }

    /// Has a mechanic check the parameters of an offer. Fails if the mechanic traps or passes a limit.
    pub fn validate(
        &self,
        mechanic: MechanicId,
        params: &str,
        offer: &OfferCall,
    ) -> Result<Vec<ParamsProblem>, Fault> {
        let component = self.mechanics.get(mechanic.0);
        component.map_or(Ok(Vec::new()), |(_, component)| component.validate(params, offer))
    }

    /// The mechanics, ready to price receipts.
    pub fn set(&self) -> MechanicSet {
        MechanicSet::new(self.mechanics.iter().map(|(_, component)| Some(Arc::clone(component))).collect())
    }

    /// Adds a mechanic, in place of one with the same name.
    pub fn put(&mut self, name: String, component: Arc<Component>) {
        match self.mechanics.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = component,
            None => {
                // By name, as the service has them: equal plans give equal answers.
                let place = self.mechanics.partition_point(|(known, _)| *known < name);
                self.mechanics.insert(place, (name, component));
            }
        }
    }
}
