//! Compiles inspected files, and loads the code into both pools of instances.

mod cache;
mod child;
mod floats;
mod key;
pub mod worker;

use std::fmt;
use std::sync::{Arc, OnceLock};

use domain::mechanics::Fault;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::abi::{Abi, Template};
use crate::admission::{Inspected, Refusal};
use crate::digest::sha256;
use crate::fault;
use crate::instance::Instance;
use crate::limits::{CallLimits, Footprint};
use crate::runtime::Runtime;
pub use cache::CodeCache;
pub use child::{CompileLimits, Worker};

/// Compiles mechanics: in this process or in one of its own, with or without a cache. Clones
/// share the cache.
#[derive(Debug, Clone)]
pub struct Compiler {
    place: Place,
    cache: Option<Arc<CodeCache>>,
}

#[derive(Debug, Clone)]
enum Place {
    InProcess,
    Child(Arc<Worker>),
}

impl Compiler {
    /// Compiles in this process, without limits: for files that are trusted.
    pub fn in_process() -> Self {
        Self { place: Place::InProcess, cache: None }
    }

    /// Compiles each file in a process of its own, within the limits of `worker`.
    pub fn child(worker: Worker) -> Self {
        Self { place: Place::Child(Arc::new(worker)), cache: None }
    }

    /// Takes code from `cache` if it is there, and keeps there what is compiled.
    #[must_use]
    pub fn with_cache(self, cache: CodeCache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }

    /// Compiles the file that `inspected` describes.
    pub fn compile(&self, runtime: &Runtime, file: &[u8], inspected: Inspected) -> Result<Compiled, Refusal> {
        // Code is kept under the digest: that of another file would spoil the cache.
        if sha256(file) != inspected.digest {
            return Err(Refusal::CompilerFailed("it is not the file that was inspected".to_owned()));
        }
        let mut notes = Vec::new();
        if let Some(templates) = self.cached(runtime, &inspected, &mut notes) {
            return Ok(Compiled::new(runtime, templates, inspected, CodeOrigin::Cache, notes));
        }
        let code = match &self.place {
            Place::InProcess => in_process(runtime, file)?,
            Place::Child(worker) => child::compile(worker, file, inspected.compile_times)?,
        };
        let templates = Templates::load(runtime, &code, inspected.abi)?;
        if let Some(cache) = &self.cache {
            notes.extend(cache.write(&inspected.digest, &code).err());
        }
        Ok(Compiled::new(runtime, templates, inspected, CodeOrigin::Compiled, notes))
    }

    fn cached(&self, runtime: &Runtime, inspected: &Inspected, notes: &mut Vec<String>) -> Option<Templates> {
        let loaded = self.cache.as_ref()?.read(&inspected.digest).and_then(|code| {
            let load =
                |code| Templates::load(runtime, &code, inspected.abi).map_err(|error| error.to_string());
            code.map(load).transpose()
        });
        loaded.unwrap_or_else(|note| {
            notes.push(note);
            None
        })
    }
}

fn in_process(runtime: &Runtime, file: &[u8]) -> Result<Code, Refusal> {
    let engine = runtime.engine(Footprint::Usual);
    let code = engine.precompile_component(file).map_err(|error| Refusal::Invalid(format!("{error:#}")))?;
    Ok(Code(code))
}

/// Machine code that this host has made itself. A value is made in four places only: when compiling in
/// process, from the output of the host's own worker, from a cached file with the right MAC, and from a component that is
/// loaded already.
struct Code(Vec<u8>);

/// The origin of a mechanic's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOrigin {
    /// Compiled by this call.
    Compiled,
    /// Compiled earlier, and taken from the cache.
    Cache,
}

/// A compiled mechanic whose description is not known yet.
pub struct Compiled {
    pub(crate) runtime: Runtime,
    pub(crate) templates: Templates,
    pub(crate) inspected: Inspected,
    origin: CodeOrigin,
    notes: Vec<String>,
}

impl Compiled {
    fn new(
        runtime: &Runtime,
        templates: Templates,
        inspected: Inspected,
        origin: CodeOrigin,
        notes: Vec<String>,
    ) -> Self {
        Self { runtime: runtime.clone(), templates, inspected, origin, notes }
    }

    /// The origin of its code.
    pub fn origin(&self) -> CodeOrigin {
        self.origin
    }

    /// Problems with the cache, for the log. They cost time, and nothing else.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("inspected", &self.inspected).finish_non_exhaustive()
    }
}

/// A compiled mechanic, ready in the pool for usual receipts.
pub(crate) struct Templates {
    abi: Abi,
    usual: Template,
    /// Its code once more, in the pool for large receipts: loaded for the first one, since most mechanics never see one, and
    /// an interpreter has tens of megabytes.
    large: OnceLock<Template>,
    /// The component of the pool for usual receipts; profiles need it.
    component: Component,
}

impl Templates {
    fn load(runtime: &Runtime, code: &Code, abi: Abi) -> Result<Self, Refusal> {
        let usual = runtime.engine(Footprint::Usual);
        let component = load(usual, code)?;
        // Checked separately: wasmtime compares the types of a function only when it is called.
        if let Some(place) = floats::find(usual, &component) {
            return Err(Refusal::Float(place));
        }
        Ok(Self { abi, usual: template(abi, usual, &component)?, large: OnceLock::new(), component })
    }

    fn large(&self, runtime: &Runtime) -> Result<&Template, Fault> {
        if let Some(large) = self.large.get() {
            return Ok(large);
        }
        let loaded = self.load_large(runtime).map_err(|refusal| fault::not_ready(&refusal.to_string()))?;
        Ok(self.large.get_or_init(|| loaded))
    }

    fn load_large(&self, runtime: &Runtime) -> Result<Template, Refusal> {
        let code = self.component.serialize().map(Code);
        let code = code.map_err(|error| Refusal::CompilerFailed(format!("its code is lost: {error:#}")))?;
        let engine = runtime.engine(Footprint::Large);
        template(self.abi, engine, &load(engine, &code)?)
    }

    pub(crate) fn component(&self) -> &Component {
        &self.component
    }

    pub(crate) fn start(
        &self,
        runtime: &Runtime,
        footprint: Footprint,
        limits: &CallLimits,
    ) -> Result<Instance, Fault> {
        let template = match footprint {
            Footprint::Usual => &self.usual,
            Footprint::Large => self.large(runtime)?,
        };
        Instance::start(runtime, footprint, template, limits)
    }
}

fn template(abi: Abi, engine: &Engine, component: &Component) -> Result<Template, Refusal> {
    Template::new(abi, engine, component).map_err(|error| Refusal::WrongTypes(format!("{error:#}")))
}

fn load(engine: &Engine, code: &Code) -> Result<Component, Refusal> {
    #[expect(unsafe_code, reason = "there is no safe way from code to a component")]
    // SAFETY: the bytes of a `Code` are what wasmtime wrote: in this process, also of a component that it had loaded; in
    // our own worker, straight from its standard output; or into a cached file, which bears a MAC by the key of
    // this node, made over these very bytes when they came from one of the other two. That they
    // are for this engine is checked by wasmtime.
    let loaded = unsafe { Component::deserialize(engine, &code.0) };
    loaded.map_err(|error| Refusal::CompilerFailed(format!("its code does not load: {error:#}")))
}
