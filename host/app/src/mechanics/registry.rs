//! The components that this node has loaded, by digest. The store has all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use engine::{
    Class, CodeCache, CompileLimits, Compiler, Component, Limits, Refusal, Runtime, RuntimeSettings, inspect,
};
use store::{Store, StoreError};
use tokio::sync::Semaphore;
use wire::rollout::Gates;

use super::compiler::compiler;
use super::health::{Counts, Health};
use super::lineup::{LineupEntry, Lineup, LoadedVersion};
use super::rollout::{TrialKind, Rollout, VersionRef};

/// How many components are compiled at the same time.
const COMPILING_MAX: usize = 2;

/// Loaded components.
pub struct Registry {
    runtime: Runtime,
    compiler: Compiler,
    /// For what comes with the host: quicker, and without limits.
    trusting: Compiler,
    /// Compiling takes memory and processors from tills: few at a time.
    pub(super) compiling: Semaphore,
    gates: Gates,
    loaded: Mutex<BTreeMap<String, Arc<Component>>>,
    /// By mechanic and trial.
    seen: Mutex<BTreeMap<(String, u64), Arc<Health>>>,
}

/// A component cannot be loaded here.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store does not have it.
    #[error("the store has no component {digest}")]
    Missing {
        /// What was asked for.
        digest: String,
    },
    /// It was admitted once, and is not any more: another build of the host, or other limits.
    #[error("component {digest} is refused ({code}): {refusal}", code = refusal.code())]
    Refused {
        /// What was asked for.
        digest: String,
        /// Why.
        #[source]
        refusal: Refusal,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that compiled it is gone.
    #[error("compiling was cut off")]
    Lost(#[from] tokio::task::JoinError),
}

impl Registry {
    /// Starts the sandbox, with room for receipts on so many threads.
    /// `gates` are those of roll-outs that say nothing else.
    pub fn start(threads: usize, gates: Gates, cache: Option<&Path>) -> anyhow::Result<Self> {
        let defaults = RuntimeSettings::default();
        // One receipt a thread holds an instance of each mechanic; as many again for configuration.
        let needed = threads.saturating_mul(bundle::builtins().len()).saturating_mul(2);
        let instances = u32::try_from(needed).unwrap_or(u32::MAX).max(defaults.instances);
        let runtime = Runtime::new(&RuntimeSettings { instances, ..defaults })?;
        let cached = |compiler: Compiler| match cache {
            Some(folder) => CodeCache::open(folder, &runtime)
                .map(|cache| compiler.with_cache(cache))
                .with_context(|| format!("mechanics.cache: {} cannot be used", folder.display())),
            None => Ok(compiler),
        };
        let compiler = cached(compiler(CompileLimits::default())?)?;
        let trusting = cached(Compiler::in_process())?;
        let compiling = Semaphore::new(COMPILING_MAX);
        Ok(Self {
            runtime,
            compiler,
            trusting,
            compiling,
            gates,
            loaded: Mutex::default(),
            seen: Mutex::default(),
        })
    }

    /// Where components run, and what compiles them.
    pub fn sandbox(&self) -> (&Runtime, &Compiler) {
        (&self.runtime, &self.compiler)
    }

    /// Keeps a component that was just admitted.
    pub fn keep(&self, component: Component) -> Arc<Component> {
        let digest = component.inspected().digest.clone();
        let component = Arc::new(component);
        self.with_loaded(|loaded| Arc::clone(loaded.entry(digest).or_insert(component)))
    }

    /// Compiles a component, or takes it from the cache, and asks it what it is; off the threads that
    /// serve.
    pub async fn admit(
        &self,
        file: Vec<u8>,
        class: Class,
    ) -> Result<Result<Component, Refusal>, tokio::task::JoinError> {
        let is_builtin = bundle::builtins().iter().any(|builtin| builtin.wasm == file);
        let compiler = if is_builtin { &self.trusting } else { &self.compiler };
        let (runtime, compiler) = (self.runtime.clone(), compiler.clone());
        // Open as long as the registry is.
        let _slot = self.compiling.acquire().await;
        let admit = move || {
            let limits = Limits::of(class);
            let compiled = compiler.compile(&runtime, &file, inspect(&file, &limits.file)?)?;
            for note in compiled.notes() {
                tracing::warn!(note, "the cache of compiled code");
            }
            compiled.describe(&limits.call)
        };
        tokio::task::spawn_blocking(admit).await
    }

    /// The component with this digest, loaded from the store if need be.
    pub async fn load<'a>(
        &self,
        store: impl Into<Option<&'a Store>>,
        digest: &str,
    ) -> Result<Arc<Component>, LoadError> {
        if let Some(component) = self.with_loaded(|loaded| loaded.get(digest).cloned()) {
            return Ok(component);
        }
        let missing = || LoadError::Missing { digest: digest.to_owned() };
        let store = store.into().ok_or_else(missing)?;
        let (class, file) = store.mechanic_component(digest).await?.ok_or_else(missing)?;
        let class = Class::of_name(&class).unwrap_or_default();
        let admitted = self.admit(file, class).await?;
        let admitted =
            admitted.map_err(|refusal| LoadError::Refused { digest: digest.to_owned(), refusal })?;
        Ok(self.keep(admitted))
    }

    /// Loads what roll-outs need; without a store, from what is at hand.
    pub async fn lineup<'a>(
        &self,
        store: impl Into<Option<&'a Store>>,
        rollouts: &BTreeMap<String, Rollout>,
    ) -> Result<Lineup, LoadError> {
        let (store, mut lined) = (store.into(), Vec::new());
        for (name, rollout) in rollouts {
            let slot = |version, kind| self.slot(store, name, version, kind);
            let canary = match &rollout.canary {
                Some(canary) => Some((slot(&canary.version, TrialKind::Canary).await?, canary.who.clone())),
                None => None,
            };
            let shadow = match &rollout.shadow {
                Some(shadow) => Some(slot(shadow, TrialKind::Shadow).await?),
                None => None,
            };
            // The version before is a help, not a need.
            let previous = match rollout.history.first() {
                Some(before) => slot(before, TrialKind::Active)
                    .await
                    .inspect_err(|error| tracing::warn!(%error, "the version before is not at hand"))
                    .ok(),
                None => None,
            };
            let active = slot(&rollout.active, TrialKind::Active).await?;
            let gates = rollout.gates.or(&self.gates);
            lined.push(LineupEntry { name: name.clone(), active, previous, canary, shadow, gates });
        }
        Ok(Lineup::new(lined))
    }

    async fn slot(
        &self,
        store: Option<&Store>,
        name: &str,
        version: &VersionRef,
        kind: TrialKind,
    ) -> Result<LoadedVersion, LoadError> {
        let component = self.load(store, &version.digest).await?;
        let VersionRef { version, digest, trial } = version;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Health::new(name, version, digest, (kind, *trial)));
        let health = seen.entry((name.to_owned(), *trial)).or_insert_with(fresh);
        Ok(LoadedVersion { component, health: Arc::clone(health) })
    }

    /// What this node has seen of versions, and has not told of. What no plan needs any more is forgotten
    /// once it was told.
    pub fn news(&self) -> Vec<(Arc<Health>, Counts)> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let news = seen.values().filter_map(|health| Some((Arc::clone(health), health.news()?))).collect();
        seen.retain(|_, health| Arc::strong_count(health) > 1);
        news
    }

    /// What this node has seen of a trial of a mechanic.
    pub fn seen_of(&self, name: &str, trial: u64) -> Option<Arc<Health>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&(name.to_owned(), trial)).cloned()
    }

    /// Lets go of what is not needed; receipts under way keep what they use.
    pub fn retain(&self, needed: &BTreeSet<String>) {
        self.with_loaded(|loaded| loaded.retain(|digest, _| needed.contains(digest)));
    }

    fn with_loaded<T>(&self, use_it: impl FnOnce(&mut BTreeMap<String, Arc<Component>>) -> T) -> T {
        // The map is whole after every step, also of a thread that panicked.
        use_it(&mut self.loaded.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
