//! Rolls versions back that have broken a gate, and stores the counts of this node.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::HealthRecord;

use super::health::{BrokenGate, Health, Observation};
use super::lineup::MonitoredVersion;
use crate::changes::mechanics;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::state::App;

/// Interval between two reports of counts to the database.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// Counts the work of a version on a receipt: in its health, and its faults in the metrics.
pub fn record(metrics: &Metrics, health: &Health, observation: Observation) {
    if let Some(fault) = observation.own_fault() {
        metrics.mechanic_fault(&health.name, &health.version, fault.kind.name());
    }
    health.record(observation, Instant::now());
}

/// Checks the gates of versions that have just priced a receipt; starts a roll-back of each that has broken
/// one.
pub fn check_gates(app: &App, monitored: &[MonitoredVersion]) {
    for MonitoredVersion { health, baseline, gates } in monitored {
        if let Some(broken) = health.check_gates(gates, baseline.as_deref()) {
            tokio::spawn(roll_back(app.clone(), Arc::clone(health), broken));
        }
    }
}

async fn roll_back(app: App, health: Arc<Health>, broken: BrokenGate) {
    let rolled_back = mechanics::roll_back_version(app, &health, &broken).await;
    let Health { name, version, digest, .. } = health.as_ref();
    let BrokenGate { reason, fault } = broken;
    let outcome = fault.as_ref().map(|fault| fault.outcome.as_str());
    let text = fault.as_ref().and_then(|fault| fault.text.as_deref());
    let receipts = fault.as_ref().map(|fault| fault.receipts);
    match rolled_back {
        Ok(Some(_)) => {
            tracing::warn!(mechanic = name, version, digest, outcome, text, receipts, reason, "rolled back");
        }
        // Another node was faster, or there is no version to go back to.
        Ok(None) => tracing::warn!(
            mechanic = name,
            version,
            digest,
            outcome,
            text,
            receipts,
            reason,
            "a gate is broken, and there is nothing to roll back"
        ),
        Err(error) => {
            tracing::error!(mechanic = name, version, digest, outcome, text, receipts, reason, %error, "cannot roll back");
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
