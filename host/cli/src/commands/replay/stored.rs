//! Replays and exports purchases of the database.

use std::sync::Arc;

use app::calculation::{self, CalculationThreads};
use app::config::Config;
use app::error::Error;
use app::live::Live;
use app::live::source::Source;
use app::mechanics::registry::Registry;
use app::purchases::access::Access;
use app::replay::bundle::Bundle;
use app::replay::export::Export;
use app::replay::plans::Plans;
use app::replay::recorded::Recorded;
use app::replay::{self, ReplayError, Replayed};
use futures_util::{Stream, StreamExt as _, stream};
use store::{Store, scope_of, till_id};

use crate::commands::opening;

/// Id of a purchase, with the result of its replay.
pub(super) type Outcome = (String, Result<Replayed, ReplayError>);

/// An open database, with the mechanics and threads that price its purchases again.
pub(super) struct Stored(Arc<Parts>);

struct Parts {
    store: Store,
    registry: Registry,
    plans: Plans,
    threads: CalculationThreads,
    access: Access,
}

impl Stored {
    /// `pos` is the store or till that the purchases are looked for in.
    pub(super) async fn open(
        config: &Config,
        threads: CalculationThreads,
        pos: Option<String>,
    ) -> anyhow::Result<Self> {
        let store = opening::open(config).await?;
        let (threads_count, cache) = (calculation::count(config.pricing.threads), config.code_cache());
        let registry = Registry::start(threads_count, config.rollout.gates(), cache.as_ref())?;
        let access = pos.map_or(Access::Everything, |pos| Access::Places(vec![pos]));
        Ok(Self(Arc::new(Parts { store, registry, plans: Plans::default(), threads, access })))
    }

    pub(super) async fn last(&self, most: i64) -> anyhow::Result<Vec<String>> {
        Ok(self.0.store.last_purchases(most).await?)
    }

    /// Replays the purchases, `at_once` side by side. The results have the order of the ids.
    pub(super) fn replay_all(&self, ids: Vec<String>, at_once: usize) -> impl Stream<Item = Outcome> {
        let parts = Arc::clone(&self.0);
        let one = move |id: String| {
            let parts = Arc::clone(&parts);
            async move {
                let replayed = parts.replay(&id).await;
                (id, replayed)
            }
        };
        // Each in a task of its own, so that several cores read.
        let spawned = stream::iter(ids).map(move |id| tokio::spawn(one(id))).buffered(at_once);
        spawned.filter_map(async |joined| joined.ok())
    }

    pub(super) async fn export(&self, ids: Vec<String>) -> anyhow::Result<(Bundle, Vec<Outcome>)> {
        let (mut export, mut outcomes) = (Export::default(), Vec::new());
        for id in ids {
            let outcome = self.0.export(&mut export, &id).await;
            outcomes.push((id, outcome));
        }
        Ok((export.finish(&self.0.store).await?, outcomes))
    }

    pub(super) async fn close(&self) {
        self.0.store.close().await;
    }
}

impl Parts {
    fn source(&self) -> Source<'_> {
        Source { store: &self.store, registry: &self.registry }
    }

    async fn read(&self, id: &str) -> Result<(Arc<Live>, Recorded), ReplayError> {
        // The last ones are named by their stored ids, which have a scope.
        let stored = match scope_of(id) {
            Some(_) => id.to_owned(),
            None => self.access.find(&self.store, id).await?,
        };
        let found = self.store.purchase(&stored).await?;
        let purchase = found.ok_or_else(|| Error::NotFound(format!("purchase `{}`", till_id(id))))?;
        let recorded = Recorded::read(&self.store, purchase).await?;
        Ok((self.plans.of(self.source(), recorded.plan_key(), None).await?, recorded))
    }

    async fn replay(&self, id: &str) -> Result<Replayed, ReplayError> {
        let (live, recorded) = self.read(id).await?;
        self.threads.run(move || replay::replay(&live, &recorded)).await?
    }

    async fn export(&self, export: &mut Export, id: &str) -> Result<Replayed, ReplayError> {
        let (live, recorded) = self.read(id).await?;
        export.add(self.source(), &live, &recorded).await
    }
}
