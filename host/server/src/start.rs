//! What a host brings along when it starts: its built-in mechanics, and its settings.

use std::collections::BTreeMap;

use anyhow::Context as _;
use engine::{Class, Component, Limits};
use store::{MechanicVersion, Revision, RolloutRecord, Store};

use crate::changes::now;
use crate::config::Config;
use crate::live::source::Source;
use crate::mechanics::registry::{Registry, class_name};
use crate::mechanics::rollout::{Rollout, VersionRef};
use crate::mechanics::versions;

/// Stores what this build and its settings bring, unless it is stored already. A built-in mechanic that
/// nobody has seen before takes the place of an earlier build of itself; one that was seen before does
/// not, so that nodes of two builds do not fight.
pub async fn settle(config: &Config, store: &Store, registry: &Registry) -> anyhow::Result<()> {
    let _turn = store.turn().await?;
    let source = Source { store, registry };
    let rollouts = source.rollouts_at(store.plan_revision().await?).await?;
    let changed = builtins(store, registry, &rollouts).await?;
    if !changed.is_empty() {
        store.put_rollouts(&changed, now()).await?;
    }
    let settings = config.plan_settings().to_string();
    if store.settings_at(Revision::MAX).await?.as_ref() != Some(&settings) {
        store.put_settings(&settings, now()).await?;
    }
    Ok(())
}

async fn builtins(
    store: &Store,
    registry: &Registry,
    rollouts: &BTreeMap<String, Rollout>,
) -> anyhow::Result<Vec<RolloutRecord>> {
    let known = store.mechanic_versions().await?;
    let is_builtin =
        |digest: &str| known.iter().any(|version| version.digest == digest && version.origin == "builtin");
    let mut changed = Vec::new();
    for builtin in bundle::builtins() {
        let runtime = registry.runtime().clone();
        let limits = Limits::of(Class::Fast);
        let admit = move || Component::admit(&runtime, builtin.wasm, &limits);
        let component = tokio::task::spawn_blocking(admit).await?;
        let component = registry
            .keep(component.with_context(|| format!("the built-in mechanic `{}` is refused", builtin.name))?);
        let digest = component.inspected().digest.clone();
        let version = VersionRef { version: component.description().version.clone(), digest, trial: 0 };
        let is_new = store.add_mechanic_version(&record(&component), builtin.wasm).await?;
        let rollout = match rollouts.get(builtin.name) {
            None => Rollout::of(version),
            Some(rollout) if is_new && is_builtin(&rollout.active.digest) => {
                let mut rollout = rollout.clone();
                rollout.activate(version);
                rollout
            }
            Some(_) => continue,
        };
        changed.push(rollout.record(builtin.name)?);
    }
    Ok(changed)
}

fn record(component: &Component) -> MechanicVersion {
    MechanicVersion {
        digest: component.inspected().digest.clone(),
        name: component.description().name.clone(),
        version: component.description().version.clone(),
        class: class_name(Class::Fast).to_owned(),
        origin: "builtin".to_owned(),
        description: versions::described(component).to_string(),
        steps: "[]".to_owned(),
        created_at: now(),
    }
}
