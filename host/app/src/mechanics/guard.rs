//! Takes versions back that are out of a gate, and tells the store what was seen of them.

use std::sync::Arc;
use std::time::Duration;

use store::HealthRecord;

use super::health::Health;
use super::lineup::MonitoredVersion;
use crate::changes::mechanics;
use crate::error::Error;
use crate::state::App;

const TELL_EVERY: Duration = Duration::from_secs(2);

/// Looks at versions that have just priced a receipt.
pub fn look(app: &App, monitored: &[MonitoredVersion]) {
    for MonitoredVersion { health, before, gates } in monitored {
        if let Some(reason) = health.trips(gates, before.as_deref()) {
            tokio::spawn(take_back(app.clone(), Arc::clone(health), reason));
        }
    }
}

async fn take_back(app: App, health: Arc<Health>, reason: String) {
    let Health { name, version, digest, .. } = health.as_ref();
    let of = (digest.clone(), health.trial);
    match mechanics::take_back(app, name.clone(), of, reason.clone()).await {
        Ok(Some(_)) => tracing::warn!(mechanic = name, version, digest, reason, "taken back"),
        // Somebody else was faster, or there is nothing to go back to.
        Ok(None) => tracing::warn!(mechanic = name, version, digest, reason, "out of its gates"),
        Err(error) => {
            tracing::error!(mechanic = name, version, digest, reason, %error, "could not be taken back");
            health.try_again();
        }
    }
}

/// Tells the store what this node sees of versions, for as long as the service runs.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(TELL_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = tell(&app).await {
            tracing::warn!(%error, "what was seen of mechanics has to wait");
        }
    }
}

/// Tells it now.
pub async fn tell(app: &App) -> Result<(), Error> {
    let mut records = Vec::new();
    for (health, counts) in app.registry.news() {
        let counts = serde_json::to_string(&counts).map_err(|error| Error::internal(&error))?;
        records.push(HealthRecord {
            digest: health.digest.clone(),
            trial: health.kind.name().to_owned(),
            since: i64::try_from(health.trial).unwrap_or(i64::MAX),
            node: app.node.id.clone(),
            counts,
        });
    }
    if !records.is_empty() {
        app.store.put_health(&records).await?;
    }
    Ok(())
}
