//! The components that this node has loaded, by digest. The database has all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use anyhow::Context as _;
use engine::{
    Class, CodeCache, CodeOrigin, CompileLimits, Compiled, Compiler, Component, Limits, Refusal, Runtime,
    RuntimeSettings, inspect,
};
use prometheus_client::metrics::counter::Counter;
use store::{Store, StoreError};
use tokio::sync::{Semaphore, SemaphorePermit};
use wire::rollout::Gates;

use super::compiler::compiler;
use super::health::{Counts, Health};
use super::lineup::{Lineup, LineupEntry, LoadedVersion};
use super::loaded::Loaded;
use super::rollout::{Rollout, TrialKind, VersionRef};
use crate::config::CodeFolder;

/// The most components that are compiled at the same time: few, since compiling takes memory and processors from tills.
const COMPILING_MAX: usize = 2;
/// Uploads among them. A plan that needs a component, which tills may wait for, never waits for uploads: these may take
/// minutes.
const UPLOADS_MAX: usize = 1;

/// Loaded components, and the health of the versions that use them.
pub struct Registry {
    runtime: Runtime,
    compiler: Compiler,
    /// Compiles the built-in mechanics: in this process, which is quicker, and without limits.
    trusting: Compiler,
    /// Permits to compile.
    compiling: Semaphore,
    /// Permits to compile uploads, which need one of each.
    uploads: Semaphore,
    /// The default gates of roll-outs.
    gates: Gates,
    /// The components in memory.
    loaded: Mutex<Loaded>,
    /// A lock for each digest that is being loaded, so that no component is compiled twice at a time.
    loading: Mutex<BTreeMap<String, Weak<tokio::sync::Mutex<()>>>>,
    /// Components that this process has compiled.
    compiled: Counter,
    /// Health of versions by mechanic and trial.
    health: Mutex<BTreeMap<(String, u64), Arc<Health>>>,
}

/// Permits to compile an upload, until they are dropped.
pub(super) struct UploadPermits<'a> {
    _of_uploads: Option<SemaphorePermit<'a>>,
    _of_all: Option<SemaphorePermit<'a>>,
}

/// A component that cannot be loaded on this node.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The database does not have it.
    #[error(
        "component {digest} is not stored: retention has removed it (see retention.mechanic_versions), or it was never \
         uploaded; upload its file again"
    )]
    Missing {
        /// Digest of the component.
        digest: String,
    },
    /// It was admitted when it was uploaded, and is refused now: by another build of the host, or other
    /// limits.
    #[error("component {digest} is refused ({code}): {refusal}", code = refusal.code())]
    Refused {
        /// Digest of the component.
        digest: String,
        /// The refusal.
        #[source]
        refusal: Refusal,
    },
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that compiled it has panicked.
    #[error("compiling was cut off")]
    Lost(#[from] tokio::task::JoinError),
}

impl Registry {
    /// Starts the sandbox, with room for receipts on this number of threads. `gates` are the defaults of
    /// roll-outs, `cache` is the folder of compiled components.
    pub fn start(threads: usize, gates: Gates, cache: Option<&CodeFolder>) -> anyhow::Result<Self> {
        let defaults = RuntimeSettings::default();
        // A receipt holds an instance of each mechanic; as many again for validation of offers.
        let needed = threads.saturating_mul(bundle::builtins().len()).saturating_mul(2);
        let instances = u32::try_from(needed).unwrap_or(u32::MAX).max(defaults.instances);
        let runtime = Runtime::new(&RuntimeSettings { instances, ..defaults })?;
        let cached = |compiler: Compiler| match cache {
            Some(CodeFolder { path, bytes }) => CodeCache::open(path, &runtime)
                .map(|cache| compiler.with_cache(cache.with_room(*bytes)))
                .with_context(|| format!("mechanics.cache: {} cannot be used", path.display())),
            None => Ok(compiler),
        };
        let compiler = cached(compiler(CompileLimits::default())?)?;
        let trusting = cached(Compiler::in_process())?;
        let (compiling, uploads) = (Semaphore::new(COMPILING_MAX), Semaphore::new(UPLOADS_MAX));
        Ok(Self {
            runtime,
            compiler,
            trusting,
            compiling,
            uploads,
            gates,
            loaded: Mutex::default(),
            loading: Mutex::default(),
            compiled: Counter::default(),
            health: Mutex::default(),
        })
    }

    /// The runtime of components, and their compiler.
    pub fn sandbox(&self) -> (&Runtime, &Compiler) {
        (&self.runtime, &self.compiler)
    }

    /// Waits until an upload may be compiled: its file must be here whole. An upload that waits for others holds nothing
    /// that a plan may need.
    pub(super) async fn upload_permits(&self) -> UploadPermits<'_> {
        // The semaphores are never closed.
        let of_uploads = self.uploads.acquire().await.ok();
        UploadPermits { _of_uploads: of_uploads, _of_all: self.compiling.acquire().await.ok() }
    }

    /// Keeps a component that was just admitted, for the plans to come.
    pub fn keep(&self, component: Component) -> Arc<Component> {
        self.with_loaded(|loaded| {
            let component = loaded.add(component);
            loaded.hold(&component);
            component
        })
    }

    /// Loads a component for a plan to come, and keeps it until that plan is live.
    pub async fn prepare(&self, store: &Store, digest: &str) -> Result<(), LoadError> {
        let component = self.load(store, digest).await?;
        self.with_loaded(|loaded| loaded.hold(&component));
        Ok(())
    }

    /// Lets go of what is neither live nor kept for plans to come. Receipts under way keep what they use.
    pub fn let_go(&self, live: &Lineup) {
        let live: BTreeSet<&str> = live.digests().collect();
        self.with_loaded(|loaded| loaded.let_go(&live));
    }

    /// Lets go of the components that were kept for longer than this for plans that did not come.
    pub fn let_go_after(&self, time: Duration) {
        self.with_loaded(|loaded| loaded.let_go_after(time));
    }

    /// Number of components in memory.
    pub fn loaded_count(&self) -> usize {
        self.with_loaded(Loaded::count)
    }

    /// Counts the components that this process has compiled.
    pub fn compiled(&self) -> &Counter {
        &self.compiled
    }

    /// The lock of a digest: while it is held, nobody else loads that component.
    pub fn loading_lock(&self, digest: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(digest).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        locks.insert(digest.to_owned(), Arc::downgrade(&lock));
        lock
    }

    /// Compiles a component, or takes it from the cache, and reads its description. Runs on a thread that may
    /// block.
    pub async fn admit(
        &self,
        file: Vec<u8>,
        class: Class,
    ) -> Result<Result<Component, Refusal>, tokio::task::JoinError> {
        let is_builtin = bundle::builtins().iter().any(|builtin| builtin.wasm == file);
        let compiler = if is_builtin { &self.trusting } else { &self.compiler };
        let (runtime, compiler) = (self.runtime.clone(), compiler.clone());
        let counter = self.compiled.clone();
        // The semaphore is never closed.
        let _permit = self.compiling.acquire().await;
        let admit = move || {
            let limits = Limits::of(class);
            let compiled = compiler.compile(&runtime, &file, inspect(&file, &limits.file)?)?;
            count(&counter, &compiled);
            for note in compiled.notes() {
                tracing::warn!(note, "a problem with the cache of compiled mechanics");
            }
            compiled.describe(&limits.call)
        };
        tokio::task::spawn_blocking(admit).await
    }

    /// The component with this digest, loaded from the database if this node does not have it.
    pub async fn load<'a>(
        &self,
        store: impl Into<Option<&'a Store>>,
        digest: &str,
    ) -> Result<Arc<Component>, LoadError> {
        let store = store.into();
        if let Some(component) = self.with_loaded(|loaded| loaded.get(digest)) {
            return Ok(component);
        }
        let lock = self.loading_lock(digest);
        let _loading = lock.lock().await;
        if let Some(component) = self.with_loaded(|loaded| loaded.get(digest)) {
            return Ok(component);
        }
        let missing = || LoadError::Missing { digest: digest.to_owned() };
        let store = store.ok_or_else(missing)?;
        let (class, file) = store.mechanic_component(digest).await?.ok_or_else(missing)?;
        let class = Class::of_name(&class).unwrap_or_default();
        let admitted = self.admit(file, class).await?;
        let admitted =
            admitted.map_err(|refusal| LoadError::Refused { digest: digest.to_owned(), refusal })?;
        Ok(self.with_loaded(|loaded| loaded.add(admitted)))
    }

    /// Loads the versions that roll-outs need; without a database, only from the loaded components.
    pub async fn lineup<'a>(
        &self,
        store: impl Into<Option<&'a Store>>,
        rollouts: &BTreeMap<String, Rollout>,
    ) -> Result<Lineup, LoadError> {
        let (store, mut entries) = (store.into(), Vec::new());
        for (name, rollout) in rollouts {
            let load = |version, kind| self.load_version(store, name, version, kind);
            let canary = match &rollout.canary {
                Some(canary) => Some((load(&canary.version, TrialKind::Canary).await?, canary.who.clone())),
                None => None,
            };
            let shadow = match &rollout.shadow {
                Some(shadow) => Some(load(shadow, TrialKind::Shadow).await?),
                None => None,
            };
            // Offers can do without the previous version: it is only a fallback.
            let previous = match rollout.history.first() {
                Some(before) => load(before, TrialKind::Active)
                    .await
                    .inspect_err(|error| tracing::warn!(%error, "cannot load the previous version of a mechanic; nothing falls back on it"))
                    .ok(),
                None => None,
            };
            let active = load(&rollout.active, TrialKind::Active).await?;
            let gates = rollout.gates.or(&self.gates);
            entries.push(LineupEntry { name: name.clone(), active, previous, canary, shadow, gates });
        }
        Ok(Lineup::new(entries))
    }

    async fn load_version(
        &self,
        store: Option<&Store>,
        name: &str,
        version: &VersionRef,
        kind: TrialKind,
    ) -> Result<LoadedVersion, LoadError> {
        let component = self.load(store, &version.digest).await?;
        let VersionRef { version, digest, trial } = version;
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Health::new(name, version, digest, (kind, *trial)));
        let health = health.entry((name.to_owned(), *trial)).or_insert_with(fresh);
        Ok(LoadedVersion { component, health: Arc::clone(health) })
    }

    /// The counts of versions that have changed since this was called last. Versions that no plan uses any
    /// more are forgotten.
    pub fn take_changed_counts(&self) -> Vec<(Arc<Health>, Counts)> {
        let mut versions = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = |health: &Arc<Health>| Some((Arc::clone(health), health.take_changed_counts()?));
        let counts = versions.values().filter_map(changed).collect();
        versions.retain(|_, health| Arc::strong_count(health) > 1);
        counts
    }

    /// Health of a version on this node, by mechanic and trial.
    pub fn health_of(&self, name: &str, trial: u64) -> Option<Arc<Health>> {
        let versions = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        versions.get(&(name.to_owned(), trial)).cloned()
    }

    fn with_loaded<T>(&self, use_it: impl FnOnce(&mut Loaded) -> T) -> T {
        // It is consistent after every statement, also if a thread has panicked.
        use_it(&mut self.loaded.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts a component that was compiled, and not taken from the cache.
pub(super) fn count(counter: &Counter, compiled: &Compiled) {
    if compiled.origin() == CodeOrigin::Compiled {
        counter.inc();
    }
}
