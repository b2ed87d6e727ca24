//! The components that this node has loaded, by digest. The store has all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Class, Component, Limits, Refusal, Runtime, RuntimeSettings, StartError};
use store::{Store, StoreError};

use super::health::Health;
use super::lineup::{Lined, Lineup, Slot};
use super::rollout::{Gates, Kind, Rollout, VersionRef};

/// Loaded components.
pub struct Registry {
    runtime: Runtime,
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

/// How much mechanics may be trusted to need, by the name that people use.
pub const CLASSES: [(&str, Class); 3] =
    [("fast", Class::Fast), ("standard", Class::Standard), ("slow", Class::Slow)];

/// The name of a class.
pub fn class_name(class: Class) -> &'static str {
    CLASSES.iter().find(|(_, known)| *known == class).map_or("fast", |(name, _)| name)
}

impl Registry {
    /// Starts the sandbox, with room for receipts on so many threads.
    /// `gates` are those of roll-outs that say nothing else.
    pub fn start(threads: usize, gates: Gates) -> Result<Self, StartError> {
        let defaults = RuntimeSettings::default();
        // One receipt a thread holds an instance of each mechanic; as many again for configuration.
        let needed = threads.saturating_mul(bundle::builtins().len()).saturating_mul(2);
        let instances = u32::try_from(needed).unwrap_or(u32::MAX).max(defaults.instances);
        let runtime = Runtime::new(&RuntimeSettings { instances, ..defaults })?;
        Ok(Self { runtime, gates, loaded: Mutex::default(), seen: Mutex::default() })
    }

    /// Where components run.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Keeps a component that was just admitted.
    pub fn keep(&self, component: Component) -> Arc<Component> {
        let digest = component.inspected().digest.clone();
        let component = Arc::new(component);
        self.with_loaded(|loaded| Arc::clone(loaded.entry(digest).or_insert(component)))
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
        let class = CLASSES.iter().find(|(name, _)| *name == class).map_or(Class::Fast, |(_, class)| *class);
        let runtime = self.runtime.clone();
        let admit = move || Component::admit(&runtime, &file, &Limits::of(class));
        let admitted = tokio::task::spawn_blocking(admit).await?;
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
                Some(canary) => Some((slot(&canary.version, Kind::Canary).await?, canary.who.clone())),
                None => None,
            };
            let shadow = match &rollout.shadow {
                Some(shadow) => Some(slot(shadow, Kind::Shadow).await?),
                None => None,
            };
            // The version before is a help, not a need.
            let previous = match rollout.history.first() {
                Some(before) => slot(before, Kind::Active)
                    .await
                    .inspect_err(|error| tracing::warn!(%error, "the version before is not at hand"))
                    .ok(),
                None => None,
            };
            let active = slot(&rollout.active, Kind::Active).await?;
            let gates = rollout.gates.or(&self.gates);
            lined.push(Lined { name: name.clone(), active, previous, canary, shadow, gates });
        }
        Ok(Lineup::new(lined))
    }

    async fn slot(
        &self,
        store: Option<&Store>,
        name: &str,
        version: &VersionRef,
        kind: Kind,
    ) -> Result<Slot, LoadError> {
        let component = self.load(store, &version.digest).await?;
        let VersionRef { version, digest, trial } = version;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Health::new(name, version, digest, (kind, *trial)));
        let health = seen.entry((name.to_owned(), *trial)).or_insert_with(fresh);
        Ok(Slot { component, health: Arc::clone(health) })
    }

    /// What this node has seen of all versions since it started.
    pub fn seen(&self) -> Vec<Arc<Health>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
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
