//! Rolls versions back that have broken a gate, and stores the counts of this node.

use std::sync::Arc;
use std::time::Duration;

use store::HealthRecord;

use super::health::Health;
use super::lineup::MonitoredVersion;
use crate::changes::mechanics;
use crate::error::Error;
use crate::state::App;

/// Interval between two reports of counts to the database.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// Checks the gates of versions that have just priced a receipt; starts a roll-back of each that has broken
/// one.
pub fn check_gates(app: &App, monitored: &[MonitoredVersion]) {
    for MonitoredVersion { health, baseline, gates } in monitored {
        if let Some(reason) = health.check_gates(gates, baseline.as_deref()) {
            tokio::spawn(roll_back(app.clone(), Arc::clone(health), reason));
        }
    }
}

async fn roll_back(app: App, health: Arc<Health>, reason: String) {
    let Health { name, version, digest, .. } = health.as_ref();
    let of = (digest.clone(), health.trial);
    match mechanics::roll_back_version(app, name.clone(), of, reason.clone()).await {
        Ok(Some(_)) => tracing::warn!(mechanic = name, version, digest, reason, "rolled back"),
        // Another node was faster, or there is no version to go back to.
        Ok(None) => tracing::warn!(
            mechanic = name,
            version,
            digest,
            reason,
            "a gate is broken, and there is nothing to roll back"
        ),
        Err(error) => {
            tracing::error!(mechanic = name, version, digest, reason, %error, "cannot roll back");
            health.check_again();
        }
    }
}

/// Stores the counts of this node at intervals, for as long as the service runs.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(REPORT_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = report_health(&app).await {
            tracing::warn!(%error, "cannot store the counts of mechanics; the next report has them");
        }
    }
}

/// Stores the counts that have changed since the last report.
pub async fn report_health(app: &App) -> Result<(), Error> {
    let mut records = Vec::new();
    for (health, counts) in app.registry.take_changed_counts() {
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
