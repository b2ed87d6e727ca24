//! What all requests share.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use engine::{Runtime, RuntimeSettings};
use store::{Revision, Store};
use tokio::sync::Mutex;

use crate::calculation::{self, CalculationThreads};
use crate::config::Config;
use crate::imports::Turns;
use crate::live::{self, CatalogDocuments, Documents, GoodsDocuments, Live};
use crate::mechanics::Mechanics;
use crate::metrics::Metrics;

/// A handle on it.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What is shared.
pub struct Shared {
    pub config: Config,
    pub store: Store,
    pub mechanics: Mechanics,
    pub live: ArcSwap<Live>,
    pub threads: CalculationThreads,
    pub metrics: Metrics,
    /// Held by whoever changes what is live: changes are validated one after the other, each
    /// against what the one before left.
    pub changes: Mutex<()>,
    /// Uploads under way.
    pub imports: Turns,
    /// Plans for late receipts: by the revision that is live, and that of the receipt's time.
    pub past: Mutex<HashMap<(Revision, Revision), Arc<Live>>>,
}

impl App {
    /// Opens the database, starts the sandbox and makes what is stored live.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let store = Store::open(&config.database.url).await.context("cannot open the database")?;
        store.migrate().await.context("cannot bring the database up to date")?;
        let threads = calculation::count(config.pricing.threads);
        let mechanics = tokio::task::spawn_blocking(move || start_sandbox(threads)).await??;
        let revision = store.revision().await?;
        let catalog_revision = store.catalog_revision().await?;
        let rows = CatalogDocuments::stored(store.catalog_rows().await?)?;
        let goods = GoodsDocuments::Rows(rows, Some(catalog_revision));
        let mut documents = Documents::stored(goods, store.running_offers().await?);
        documents.put_audiences(store.audiences().await?)?;
        let built = live::build(documents, None, config.plan_settings(), &mechanics)
            .context("what is stored cannot be priced with; did the settings or the mechanics change?")?;
        let live = built.at(revision);
        tracing::info!(revision, plan = live.plan.plan.hash, "plan is live");
        Ok(Self(Arc::new(Shared {
            threads: CalculationThreads::start(threads, config.pricing.queue)?,
            live: ArcSwap::new(live),
            metrics: Metrics::new(),
            changes: Mutex::new(()),
            imports: Turns::default(),
            past: Mutex::new(HashMap::new()),
            config,
            store,
            mechanics,
        })))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

fn start_sandbox(threads: usize) -> anyhow::Result<Mechanics> {
    // One receipt a thread holds an instance of each mechanic; as many again for configuration.
    let needed = threads.saturating_mul(bundle::builtins().len()).saturating_mul(2);
    let defaults = RuntimeSettings::default();
    let instances = u32::try_from(needed)?.max(defaults.instances);
    let runtime = Runtime::new(&RuntimeSettings { instances, ..defaults })?;
    Ok(Mechanics::builtin(&runtime)?)
}
