//! What all requests share.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use store::{Revision, Store};
use tokio::sync::{Mutex, MutexGuard};

use crate::backtests;
use crate::calculation::{self, CalculationThreads};
use crate::config::Config;
use crate::error::ApiError;
use crate::imports::Turns;
use crate::live::Live;
use crate::live::source::Source;
use crate::mechanics::registry::Registry;
use crate::metrics::Metrics;
use crate::nodes::{self, Standing};
use crate::replay::plans::Plans;
use crate::start;

/// A handle on it.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What is shared.
pub struct Shared {
    pub config: Config,
    pub store: Store,
    pub registry: Registry,
    pub live: ArcSwap<Live>,
    pub threads: CalculationThreads,
    pub metrics: Metrics,
    /// What this node knows of the others.
    pub standing: Standing,
    /// Held by whoever changes what is live, on this node.
    changes: Mutex<()>,
    /// Uploads under way.
    pub imports: Turns,
    /// Back-tests under way.
    pub backtests: backtests::Turns,
    /// Plans for late receipts: by the revision that is live, and that of the receipt's time.
    pub past: Mutex<HashMap<(Revision, Revision), Arc<Live>>>,
    /// Plans for purchases that are worked out again.
    pub replays: Plans,
}

/// The right to change what is live: changes are validated one after the other, on all nodes, each
/// against what the one before left.
pub struct Turn<'a> {
    _here: MutexGuard<'a, ()>,
    _everywhere: store::ChangesLock,
}

impl App {
    /// Opens the database, starts the sandbox and makes what is stored live. `address` is where this
    /// node serves.
    pub async fn start(config: Config, address: &str) -> anyhow::Result<Self> {
        let store = Store::open(&config.database.url).await.context("cannot open the database")?;
        store.migrate().await.context("cannot bring the database up to date")?;
        let threads = calculation::count(config.pricing.threads);
        let gates = config.rollout.gates();
        let cache = config.code_cache();
        let start = move || Registry::start(threads, gates, cache.as_deref());
        let registry = tokio::task::spawn_blocking(start).await??;
        start::settle(&config, &store, &registry).await?;
        let revision = store.plan_revision().await?;
        let source = Source { store: &store, registry: &registry };
        let live = source
            .live_at(revision, None)
            .await
            .context("what is stored cannot be priced with; did the settings or the mechanics change?")?;
        tracing::info!(revision, plan = live.usual.plan.plan.hash, "plan is live");
        Ok(Self(Arc::new(Shared {
            threads: CalculationThreads::start(threads, config.pricing.queue)?,
            live: ArcSwap::new(live),
            metrics: Metrics::new(),
            standing: Standing::new(address)?,
            changes: Mutex::new(()),
            imports: Turns::default(),
            backtests: backtests::Turns::default(),
            past: Mutex::new(HashMap::new()),
            replays: Plans::default(),
            config,
            store,
            registry,
        })))
    }

    /// Waits for the right to change what is live; what is live is then the latest that is stored.
    pub async fn turn(&self) -> Result<Turn<'_>, ApiError> {
        let here = self.changes.lock().await;
        let everywhere = self.store.lock_changes().await?;
        nodes::catch_up(self).await?;
        Ok(Turn { _here: here, _everywhere: everywhere })
    }

    /// Where plans come from.
    pub fn source(&self) -> Source<'_> {
        Source { store: &self.store, registry: &self.registry }
    }

    /// Makes plans live, unless later ones are already.
    pub fn swap(&self, live: Arc<Live>) {
        self.live.rcu(
            |before| if before.revision > live.revision { Arc::clone(before) } else { Arc::clone(&live) },
        );
        tracing::info!(revision = live.revision, plan = live.usual.plan.plan.hash, "plan is live");
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
