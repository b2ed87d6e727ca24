//! The status of a mechanic as a document: its versions, its roll-out, and their health.

mod words;

use std::collections::{BTreeMap, BTreeSet};

use domain::decimal::format_scaled;
use serde::Serialize;
use serde_json::Value;
use store::{MechanicVersion, ShadowDifference, scope_of, till_id};
use utoipa::ToSchema;
use wire::rollout::Who;

pub use self::words::{MechanicWords, VersionWords};
use super::faults::FaultSummary;
use super::health::Counts;
use super::rollout::{EndedTrials, RolledBack, Rollout, TrialKind, VersionRef, VersionState};
use crate::error::Error;
use crate::state::App;

/// The most differing receipts in the status of a shadow.
const DIFFERENCES_MAX: i64 = 100;

/// Status of a mechanic.
#[derive(Debug, Serialize, ToSchema)]
pub struct MechanicStatus {
    name: String,
    /// The active version; null before the first roll-out.
    version: Option<String>,
    digest: Option<String>,
    /// Version of the contract that the active version was built for.
    abi: Value,
    /// Size of the active component, in bytes.
    size: Value,
    phases: Value,
    /// The roll-out; null before the first one.
    rollout: Option<RolloutStatus>,
    /// All versions, oldest first.
    versions: Vec<VersionStatus>,
}

/// Status of a roll-out: the versions of a mechanic that price, and their receipts.
#[derive(Debug, Serialize, ToSchema)]
pub struct RolloutStatus {
    active: TrialStatus,
    /// Versions that were active before, the latest first.
    previous: Vec<NamedVersion>,
    canary: Option<TrialStatus>,
    shadow: Option<TrialStatus>,
    gates: Value,
    /// Reason of the last change, if the host made it by itself; null if a caller made it.
    reason: Option<String>,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedVersion {
    version: String,
    digest: String,
}

impl From<&VersionRef> for NamedVersion {
    fn from(VersionRef { version, digest, .. }: &VersionRef) -> Self {
        Self { version: version.clone(), digest: digest.clone() }
    }
}

/// The trials that a change of a roll-out has ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedStatus {
    /// The canary that prices nothing any more; null if none has ended.
    canary: Option<NamedVersion>,
    /// The shadow that is not computed any more; null if none has ended.
    shadow: Option<NamedVersion>,
}

impl From<&EndedTrials> for EndedStatus {
    fn from(EndedTrials { canary, shadow }: &EndedTrials) -> Self {
        Self { canary: canary.as_ref().map(Into::into), shadow: shadow.as_ref().map(Into::into) }
    }
}

/// Status of a version in a trial.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialStatus {
    version: String,
    digest: String,
    /// The share of members that a canary is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_percent: Option<String>,
    /// The tills that a canary is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pos: Option<Vec<String>>,
    health: HealthStatus,
    /// Of a shadow: the first receipts that it prices differently from the active version, with their lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<DifferingReceipt>>,
}

/// Health of a version on all nodes since its trial began.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthStatus {
    /// True while this node does not ask the version, after repeated faults: its circuit is open.
    #[serde(rename = "left_alone")]
    circuit_open: bool,
    /// Receipts that it was asked about, but those on which the host failed.
    calls: u64,
    /// Receipts on which it failed.
    faults: u64,
    /// Receipts on which it failed, by outcome.
    faults_by_outcome: BTreeMap<String, u64>,
    /// Those faults with the most frequent text of each outcome, the most frequent cause first.
    fault_details: Vec<FaultSummary>,
    /// Receipts on which the host failed instead: no free instance, no memory, a machine that is too busy. They count
    /// towards no gate.
    host_faults: u64,
    /// Fuel of all its calls on a receipt.
    fuel: Percentiles,
    /// Duration of all its calls on a receipt, in microseconds.
    latency_microseconds: Percentiles,
    /// Sum of the discounts that it gave.
    discount: String,
    /// Sum of the points that it gave.
    points: String,
    /// Of a shadow: receipts that it prices differently from the active version.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<u64>,
    /// Of a shadow: receipts that were not compared, because the host was busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Percentiles {
    p50: u64,
    p99: u64,
}

/// A receipt that a shadow prices differently from the active version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Difference)]
pub struct DifferingReceipt {
    purchase_id: String,
    /// The place within which the id is unique; absent if it is in the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// `position`, `goods_id`, and `discount` and `points` of both.
    lines: Value,
}

/// A version in the list of all.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionStatus {
    version: String,
    digest: String,
    /// `live` if it prices receipts, `shadow` if it is computed and pays nothing, `removed` if its component was removed,
    /// `taken back` if it was rolled back and not rolled out since, `retired` if it was active, else `ready`.
    state: &'static str,
    /// The roll-back of a version that was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_back: Option<RollbackStatus>,
    /// `builtin` or `uploaded`.
    origin: String,
    class: String,
    /// The name of the key that uploaded it.
    uploader: Option<String>,
    /// The key that signed it.
    signing_key: Option<String>,
    abi: Value,
    size: Value,
    /// Steps of its admission.
    steps: Value,
    #[schema(value_type = String)]
    created_at: Option<String>,
}

/// The roll-back of a version.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollbackStatus {
    #[schema(value_type = String)]
    at: Option<String>,
    /// The gate that it has broken, in words; null if a caller rolled it back.
    reason: Option<String>,
    /// Its most frequent fault; null if faults were not the reason.
    fault: Option<FaultSummary>,
}

impl From<&RolledBack> for RollbackStatus {
    fn from(RolledBack { at, reason, fault, .. }: &RolledBack) -> Self {
        Self { at: time(*at), reason: reason.clone(), fault: fault.clone() }
    }
}

/// The status of all mechanics, or of those with these names, by name.
pub async fn all(app: &App, names: Option<&BTreeSet<String>>) -> Result<Vec<MechanicStatus>, Error> {
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    let mut by_name: BTreeMap<String, Vec<MechanicVersion>> = BTreeMap::new();
    for version in app.store.mechanic_versions().await? {
        if names.is_none_or(|names| names.contains(&version.name)) {
            by_name.entry(version.name.clone()).or_default().push(version);
        }
    }
    let mut all = Vec::new();
    for (name, versions) in by_name {
        all.push(of(app, name.clone(), versions, rollouts.get(&name)).await?);
    }
    Ok(all)
}

/// The status of the mechanic with these versions.
pub async fn of(
    app: &App,
    name: String,
    mut versions: Vec<MechanicVersion>,
    rollout: Option<&Rollout>,
) -> Result<MechanicStatus, Error> {
    versions.sort_by(|one, other| (one.created_at, &one.version).cmp(&(other.created_at, &other.version)));
    let active = rollout.map(|rollout| &rollout.active);
    let described = active.and_then(|active| versions.iter().find(|known| known.digest == active.digest));
    let mut described = description(described)?;
    Ok(MechanicStatus {
        version: active.map(|active| active.version.clone()),
        digest: active.map(|active| active.digest.clone()),
        abi: take(&mut described, "abi"),
        size: take(&mut described, "size"),
        phases: take(&mut described, "phases"),
        rollout: match rollout {
            Some(rollout) => Some(of_rollout(app, &name, rollout).await?),
            None => None,
        },
        versions: versions.into_iter().map(|known| of_version(known, rollout)).collect::<Result<_, _>>()?,
        name,
    })
}

/// The status of a roll-out.
pub async fn of_rollout(app: &App, name: &str, rollout: &Rollout) -> Result<RolloutStatus, Error> {
    let active = of_trial(app, name, &rollout.active, TrialKind::Active).await?;
    let canary = match &rollout.canary {
        Some(canary) => {
            let status = of_trial(app, name, &canary.version, TrialKind::Canary).await?;
            Some(match &canary.who {
                Who::CanaryPercent(percent) => {
                    TrialStatus { canary_percent: Some(format_scaled((*percent).into(), 2)), ..status }
                }
                Who::Pos(tills) => TrialStatus { pos: Some(tills.clone()), ..status },
            })
        }
        None => None,
    };
    let shadow = match &rollout.shadow {
        Some(version) => {
            let differences = Some(differences(app, version).await?);
            Some(TrialStatus { differences, ..of_trial(app, name, version, TrialKind::Shadow).await? })
        }
        None => None,
    };
    Ok(RolloutStatus {
        active,
        previous: rollout.history.iter().map(NamedVersion::from).collect(),
        canary,
        shadow,
        gates: serde_json::to_value(&rollout.gates).map_err(|error| Error::internal(&error))?,
        reason: rollout.reason.clone(),
    })
}

async fn differences(app: &App, version: &VersionRef) -> Result<Vec<DifferingReceipt>, Error> {
    let trial = i64::try_from(version.trial).unwrap_or(i64::MAX);
    let found = app.store.shadow_differences(&version.digest, trial, DIFFERENCES_MAX).await?;
    let read = |ShadowDifference { purchase_id, lines, .. }| DifferingReceipt {
        purchase_id: till_id(&purchase_id).to_owned(),
        scope: scope_of(&purchase_id).map(str::to_owned),
        lines: serde_json::from_str(&lines).unwrap_or_default(),
    };
    Ok(found.into_iter().map(read).collect())
}

/// The status of a trial, with the counts of all nodes.
async fn of_trial(
    app: &App,
    name: &str,
    version: &VersionRef,
    kind: TrialKind,
) -> Result<TrialStatus, Error> {
    let own = app.registry.health_of(name, version.trial);
    let mut counts = own.as_ref().map(|health| health.counts()).unwrap_or_default();
    let trial = i64::try_from(version.trial).unwrap_or(i64::MAX);
    let stored = app.store.health(&version.digest, (kind.name(), trial)).await?;
    for record in stored.iter().filter(|record| record.node != app.node.id) {
        counts.add(&serde_json::from_str::<Counts>(&record.counts).unwrap_or_default());
    }
    let scales = app.live.load().active.plan.scales();
    let is_shadow = kind == TrialKind::Shadow;
    Ok(TrialStatus {
        version: version.version.clone(),
        digest: version.digest.clone(),
        canary_percent: None,
        pos: None,
        health: HealthStatus {
            circuit_open: own.as_ref().is_some_and(|health| health.is_circuit_open()),
            calls: counts.receipts,
            faults: counts.faulty(),
            host_faults: counts.host_faults,
            fuel: Percentiles { p50: counts.fuel.percentile(50), p99: counts.fuel.percentile(99) },
            latency_microseconds: Percentiles {
                p50: counts.micros.percentile(50),
                p99: counts.micros.percentile(99),
            },
            fault_details: counts.fault_summaries(),
            faults_by_outcome: counts.faults,
            discount: format_scaled(counts.discount, scales.money),
            points: format_scaled(counts.points, scales.points),
            differences: is_shadow.then_some(counts.differences),
            skipped: is_shadow.then_some(counts.skipped),
        },
        differences: None,
    })
}

/// The state of a version in the roll-out of its mechanic, as answers name it, and its roll-back, if it was taken back.
pub fn state(version: &MechanicVersion, rollout: Option<&Rollout>) -> (&'static str, Option<RollbackStatus>) {
    let state = rollout.map_or(VersionState::Ready, |rollout| rollout.state_of(&version.digest));
    let name = match state {
        VersionState::Active | VersionState::Canary => "live",
        VersionState::Shadow => "shadow",
        _ if version.removed_at.is_some() => "removed",
        VersionState::RolledBack => "taken back",
        VersionState::Retired => "retired",
        VersionState::Ready => "ready",
    };
    let rolled_back = rollout.filter(|_| state == VersionState::RolledBack);
    (name, rolled_back.and_then(|rollout| rollout.rollback_of(&version.digest)).map(Into::into))
}

fn of_version(version: MechanicVersion, rollout: Option<&Rollout>) -> Result<VersionStatus, Error> {
    let (state, taken_back) = state(&version, rollout);
    let mut described = description(Some(&version))?;
    Ok(VersionStatus {
        state,
        taken_back,
        abi: take(&mut described, "abi"),
        size: take(&mut described, "size"),
        steps: serde_json::from_str(&version.steps).unwrap_or_default(),
        created_at: time(version.created_at),
        version: version.version,
        digest: version.digest,
        origin: version.origin,
        class: version.class,
        uploader: version.uploader,
        signing_key: version.signing_key,
    })
}

/// A time in seconds since 1970, as text.
fn time(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|at| at.to_string())
}

fn description(version: Option<&MechanicVersion>) -> Result<Value, Error> {
    let Some(version) = version else { return Ok(Value::Null) };
    serde_json::from_str(&version.description).map_err(|_| Error::damaged("description of a mechanic"))
}

fn take(description: &mut Value, name: &str) -> Value {
    description.get_mut(name).map(Value::take).unwrap_or_default()
}
