//! Starting up: the database is opened and brought up to date, built-in mechanics and settings are stored,
//! and what is stored goes live.

mod exposure;
mod scales;

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use engine::{Class, Component};
use serde_json::json;
use store::{Communications, MechanicVersion, Revision, RolloutRecord, Store};
use tokio::sync::Mutex;

use crate::audit::Actor;
use crate::backtests::permits::RunLimit;
use crate::calculation::{self, CalculationThreads};
use crate::clock::{self, now};
use crate::communications::channels::opened::Routes;
use crate::communications::collect::limits::Collected;
use crate::communications::hint::Hint;
use crate::communications::readiness::Readiness;
use crate::communications::templates::compiled::CompiledTemplates;
use crate::config::Config;
use crate::imports::locks::ImportLocks;
use crate::keys::refusals::KeyRefusals;
use crate::keys::uses::KeyUses;
use crate::last_changes;
use crate::live::source::Source;
use crate::mechanics::registry::Registry;
use crate::mechanics::rollout::{Rollout, VersionRef};
use crate::mechanics::versions;
use crate::metrics::Metrics;
use crate::nodes::status::NodeStatus;
use crate::replay::plans::Plans;
use crate::state::{App, Shared};

/// The most offers that a line of the log names.
const OFFERS_TOLD: usize = 20;

/// Opens the database, starts the sandbox and makes what is stored live. `address` is where this node serves.
pub async fn start(config: Config, address: &str) -> anyhow::Result<App> {
    let store = Store::open_to_serve(config.database.options()).await.context("cannot open the database")?;
    let communications = open_communications(&config).await?;
    exposure::check(&config, &store, &communications)?;
    store.migrate().await.context("cannot bring the database up to date")?;
    let communications_ready = Readiness::of(&communications).await;
    last_changes::begin(&store).await;
    clock::follow(&store).await.context("the database does not tell the time")?;
    let threads = calculation::count(config.pricing.threads);
    let gates = config.rollout.gates();
    let cache = config.code_cache();
    let start = move || Registry::start(threads, gates, cache.as_ref());
    let registry = tokio::task::spawn_blocking(start).await??;
    store_builtins_and_settings(&config, &store, &registry).await?;
    let revision = store.plan_revision().await?;
    let source = Source { store: &store, registry: &registry };
    let live = source
        .live_at(revision, None)
        .await
        .context("no plan can be built of the stored documents; did the settings or the mechanics change?")?;
    registry.let_go(&live.parts.lineup);
    tracing::info!(revision, plan = live.active.plan.plan.hash, "plan is live");
    let misread = live.offers_with_unknown_keys();
    if !misread.is_empty() {
        let named = misread.iter().take(OFFERS_TOLD).copied().collect::<Vec<_>>().join(", ");
        tracing::warn!(
            offers = misread.len(),
            named,
            "live offers have keys that are not used; see `warnings` of GET /v1/plan, and send them again without"
        );
    }
    Ok(App::new(Shared {
        threads: CalculationThreads::start(threads, config.pricing.queue)?,
        live: ArcSwap::new(live),
        metrics: Metrics::new(registry.compiled().clone()),
        node: NodeStatus::new(address)?,
        changes: Mutex::new(()),
        key_uses: KeyUses::default(),
        key_refusals: KeyRefusals::default(),
        imports: ImportLocks::default(),
        backtests: RunLimit::default(),
        past: Mutex::new(HashMap::new()),
        replays: Plans::default(),
        config,
        store,
        communications,
        communications_ready,
        hint: Hint::default(),
        number_ranges: ArcSwap::default(),
        collected: Collected::default(),
        registry,
        message_templates: CompiledTemplates::default(),
        channels: Routes::default(),
    }))
}

async fn open_communications(config: &Config) -> anyhow::Result<Communications> {
    let options = config.communications.options(config.database.options());
    let opened = Communications::open_to_serve(options).await;
    opened.context("cannot open the database of communications (communications.database)")
}

/// Stores the built-in mechanics and the settings of this process, unless they are stored already. A new
/// build of a built-in mechanic replaces an earlier one; a build that the database knows already does not,
/// so that nodes of two builds do not replace each other's.
async fn store_builtins_and_settings(
    config: &Config,
    store: &Store,
    registry: &Registry,
) -> anyhow::Result<()> {
    let _lock = store.lock_changes().await?;
    scales::check(config, store).await?;
    let source = Source { store, registry };
    let rollouts = source.rollouts_at(store.plan_revision().await?).await?;
    let changed = builtins(store, registry, &rollouts).await?;
    if !changed.is_empty() {
        let names: Vec<&str> = changed.iter().map(|rollout| rollout.name.as_str()).collect();
        let entry = actor().entry("mechanic.rollout", "built-in", json!({"mechanics": names}));
        store.put_rollouts(&changed, &entry).await?;
    }
    let settings = config.plan_settings().to_string();
    if store.settings_at(Revision::MAX).await?.as_ref() != Some(&settings) {
        let entry = actor().entry("settings.put", "plan", config.plan_settings());
        store.put_settings(&settings, &entry).await?;
    }
    Ok(())
}

/// Stores the built-in mechanics; returns the roll-outs that change with them.
async fn builtins(
    store: &Store,
    registry: &Registry,
    rollouts: &BTreeMap<String, Rollout>,
) -> anyhow::Result<Vec<RolloutRecord>> {
    let known = store.mechanic_versions().await?;
    let is_builtin =
        |digest: &str| known.iter().any(|version| version.digest == digest && version.origin == "builtin");
    let is_removed =
        |digest: &str| known.iter().any(|version| version.digest == digest && version.removed_at.is_some());
    let mut changed = Vec::new();
    for builtin in bundle::builtins() {
        let component = registry.admit(builtin.wasm.to_vec(), Class::Fast).await?;
        let component = registry
            .keep(component.with_context(|| format!("the built-in mechanic `{}` is refused", builtin.name))?);
        let digest = component.inspected().digest.clone();
        let detail =
            json!({"version": component.description().version, "digest": digest, "origin": "builtin"});
        let entry = actor().entry("mechanic.upload", builtin.name, detail);
        let version = VersionRef { version: component.description().version.clone(), digest, trial: 0 };
        let is_new = store.add_mechanic_version(&record(&component)?, builtin.wasm, &entry).await?;
        if is_removed(&version.digest) {
            store.restore_component(&version.digest, builtin.wasm).await?;
        }
        let rollout = match rollouts.get(builtin.name) {
            None => Rollout::of(version),
            Some(rollout) if is_new && is_builtin(&rollout.active.digest) => {
                let mut rollout = rollout.clone();
                rollout.replace_active(version);
                rollout
            }
            Some(_) => continue,
        };
        changed.push(rollout.record(builtin.name)?);
    }
    Ok(changed)
}

fn actor() -> Actor {
    Actor::system("start")
}

fn record(component: &Component) -> anyhow::Result<MechanicVersion> {
    Ok(MechanicVersion {
        digest: component.inspected().digest.clone(),
        name: component.description().name.clone(),
        version: component.description().version.clone(),
        class: Class::Fast.name().to_owned(),
        origin: "builtin".to_owned(),
        description: versions::described(component)?,
        steps: "[]".to_owned(),
        created_at: now(),
        uploader: None,
        uploader_role: None,
        signing_key: None,
        signature: None,
        removed_at: None,
    })
}
