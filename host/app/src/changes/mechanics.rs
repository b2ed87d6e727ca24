//! Changes of mechanics: uploads of versions, roll-outs and roll-backs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use domain::mechanics::Blame;
use engine::{Class, Limits, Refusal};
use serde_json::{Value, json};
use store::{AuditEntry, MechanicVersion, Revision};
use wire::problem::{Problem, Problems};
use wire::rollout::{self, RolloutChange, RolloutRequest};

use super::ProposedPlans;
use super::lock;
use super::partners::{MechanicUpload, may_see};
use crate::audit::Actor;
use crate::clock::now;
use crate::error::Error;
use crate::keys::Caller;
use crate::mechanics::health::{BrokenGate, Health};
use crate::mechanics::rollout::{EndedTrials, RolledBack, Rollout, VersionRef};
use crate::mechanics::signatures::Signature;
use crate::mechanics::trials;
use crate::mechanics::versions::{self, AdmissionOptions, AdmissionStep, Admitted};
use crate::nodes::preparation::{self, Readiness};
use crate::state::App;

/// The most mechanics with a canary at a time: each doubles the number of plan variants.
const CANARIES_MAX: usize = 4;

/// Result of an upload.
pub struct UploadedVersion {
    /// The version.
    pub version: MechanicVersion,
    /// True if the version is new, false if the same file was uploaded before.
    pub created: bool,
}

/// A roll-out after a change.
pub struct RolledOut {
    /// The roll-out after the change.
    pub rollout: Rollout,
    /// The trials that the change has ended.
    pub ended: EndedTrials,
    /// The revision that the change made.
    pub revision: Revision,
    /// Answers of the nodes to the preparation; empty for a roll-back, which is not prepared.
    pub nodes: Vec<Readiness>,
}

/// Bytes of the largest file that any class takes.
pub fn file_bytes_max() -> usize {
    Class::ALL.into_iter().map(|class| Limits::of(class).file.bytes).max().unwrap_or(0)
}

/// The refusal of a file that is too large for every class.
pub fn too_large(bytes: usize) -> Error {
    refused(&Refusal::FileTooLarge { bytes, limit: file_bytes_max() })
}

/// Stores a version of a mechanic, if its component is admitted. The same file again changes nothing.
pub async fn upload(
    app: App,
    upload: MechanicUpload,
    file: Bytes,
    skip_rehearsal: bool,
    actor: Actor,
) -> Result<UploadedVersion, Error> {
    let (class, file) = class(upload.class, file).await?;
    upload.check_class(&app, class)?;
    upload.check_owner(&app.store.mechanic_versions().await?)?;
    let signature = upload.check_signature(&app, &file).await?;
    let hints = upload.hints.as_deref().map_or(Ok(Vec::new()), trials::from_header).map_err(bad_hints)?;
    let options = AdmissionOptions { class, skip_rehearsal };
    let name = upload.name.clone();
    let digest = wire::digest::of(&file);
    // Two uploads of one file at the same time: the second waits, and takes what the first compiled.
    let loading = app.registry.loading_lock(&digest);
    let _loading = loading.lock().await;
    let known = app.store.mechanic_versions().await?;
    if let Some(same) = known.into_iter().find(|known| known.digest == digest && known.name == name)
        && same.removed_at.is_none()
    {
        return Ok(UploadedVersion { version: same, created: false });
    }
    let component = file.clone();
    let Admitted { component: admitted, mut steps } =
        versions::admit(&app, component, options, hints).await?.map_err(|refusal| refused(&refusal))?;
    let description = admitted.description();
    if description.name != name {
        let detail = format!("`describe` says that it is `{}`; upload it under that name", description.name);
        return Err(problem("name_mismatch", detail));
    }
    // Two partners may ask for one new name at the same time.
    let _lock = lock::acquire(&app).await?;
    let known = app.store.mechanic_versions().await?;
    upload.check_owner(&known)?;
    if let Some(same) = known.iter().find(|known| known.digest == digest) {
        app.store.restore_component(&digest, &file).await?;
        let version = MechanicVersion { removed_at: None, ..same.clone() };
        app.registry.keep(admitted);
        return Ok(UploadedVersion { version, created: false });
    }
    if let Some(taken) = known.iter().find(|known| known.name == name && known.version == description.version)
    {
        return Err(version_exists(taken));
    }
    steps.push(AdmissionStep::ready());
    let version = MechanicVersion {
        digest,
        name,
        version: description.version.clone(),
        class: class.name().to_owned(),
        origin: "uploaded".to_owned(),
        description: versions::described(&admitted).map_err(|error| Error::internal(&error))?,
        steps: json!(steps).to_string(),
        created_at: now(),
        uploader: Some(upload.owner().to_owned()),
        uploader_role: Some(upload.caller.role.name().to_owned()),
        signing_key: signature.as_ref().map(|signature| signature.key_id.clone()),
        signature: signature.as_ref().map(Signature::base64),
        removed_at: None,
    };
    let detail = json!({
        "version": version.version,
        "digest": version.digest,
        "class": version.class,
        "signing_key": version.signing_key,
    });
    let entry = actor.entry("mechanic.upload", &version.name, detail);
    let created = app.store.add_mechanic_version(&version, &file, &entry).await?;
    app.registry.keep(admitted);
    app.registry.let_go(&app.live.load().parts.lineup);
    Ok(UploadedVersion { version, created })
}

/// The class that was named, else the smallest one that takes the file. Runs on a thread that may block.
async fn class(named: Option<Class>, file: Bytes) -> Result<(Class, Bytes), Error> {
    let find = move || (named.unwrap_or_else(|| engine::smallest_class(&file)), file);
    tokio::task::spawn_blocking(find).await.map_err(|lost| Error::internal(&lost))
}

/// Changes a roll-out: makes a version active, a canary or a shadow, or ends the shadow.
pub async fn roll_out(app: App, name: String, body: Value, actor: Actor) -> Result<RolledOut, Error> {
    let scales = app.live.load().active.plan.scales();
    let (wanted, _) = rollout::parse(&body, scales).map_err(rollout_refused)?;
    let versions = of_name(&app, &name).await?;
    let _lock = lock::acquire(&app).await?;
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    let rollout = step(rollouts.get(&name), &versions, wanted)?;
    let trials = rollouts.iter().filter(|(other, rollout)| **other != name && rollout.canary.is_some());
    if rollout.canary.is_some() && trials.count() >= CANARIES_MAX {
        let detail = format!("{CANARIES_MAX} mechanics have a canary already; end one first");
        return Err(Error::State { code: "too_many_canaries", detail });
    }
    // The previous version is only a fallback, so nodes need not prepare it.
    let needed = rollout.needed().map(str::to_owned).collect();
    let nodes = preparation::prepare(&app, &needed).await?;
    let change = Change::new(rollouts.get(&name), rollout);
    let entry = change.entry(&actor, "mechanic.rollout", &name, None);
    put(&app, &name, change, nodes, &entry).await
}

/// Rolls the latest version back, without preparation: the version that it goes back to was live before.
pub async fn roll_back(app: App, name: String, actor: Actor) -> Result<RolledOut, Error> {
    let _lock = lock::acquire(&app).await?;
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    let before = rollouts.get(&name).ok_or_else(|| unknown(&name))?;
    let mut rollout = before.clone();
    let Some(version) = rollout.roll_back() else {
        let detail = format!("no version of `{name}` was active before");
        return Err(Error::State { code: "nothing_before", detail });
    };
    rollout.reason = None;
    let rolled_back = RolledBack { version, at: now(), reason: None, fault: None };
    rollout.note_rollback(rolled_back.clone());
    let change = Change::new(Some(before), rollout);
    let entry = change.entry(&actor, "mechanic.rollback", &name, Some(&rolled_back));
    put(&app, &name, change, Vec::new(), &entry).await
}

/// Rolls a version back that has broken a gate. None if its trial is over already, or if there is no version to go back
/// to.
pub async fn roll_back_version(
    app: App,
    Health { name, version, digest, trial, .. }: &Health,
    BrokenGate { reason, fault }: &BrokenGate,
) -> Result<Option<RolledOut>, Error> {
    let _lock = lock::acquire(&app).await?;
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    let Some(before) = rollouts.get(name) else { return Ok(None) };
    let mut rollout = before.clone();
    let is_it = |version: &VersionRef| version.digest == *digest && version.trial == *trial;
    if rollout.canary.as_ref().is_some_and(|canary| is_it(&canary.version)) {
        rollout.roll_back();
    } else if rollout.shadow.as_ref().is_some_and(is_it) {
        rollout.shadow = None;
    } else if is_it(&rollout.active) && !rollout.history.is_empty() {
        // A canary goes on beside the version that was active before.
        let canary = rollout.canary.take();
        rollout.roll_back();
        rollout.canary = canary.filter(|canary| canary.version.digest != rollout.active.digest);
    }
    if rollout == *before {
        return Ok(None);
    }
    rollout.reason = Some(reason.clone());
    let rolled_back = RolledBack {
        version: VersionRef { version: version.clone(), digest: digest.clone(), trial: *trial },
        at: now(),
        reason: Some(reason.clone()),
        fault: fault.clone(),
    };
    rollout.note_rollback(rolled_back.clone());
    let change = Change::new(Some(before), rollout);
    let entry = change.entry(&Actor::system("gates"), "mechanic.rollback", name, Some(&rolled_back));
    put(&app, name, change, Vec::new(), &entry).await.map(Some)
}

/// A changed roll-out.
struct Change {
    rollout: Rollout,
    ended: EndedTrials,
}

impl Change {
    fn new(before: Option<&Rollout>, rollout: Rollout) -> Self {
        let ended = before.map(|before| rollout.ended_since(before)).unwrap_or_default();
        Self { rollout, ended }
    }

    /// The audit record: the whole roll-out with its digests, without the history; then the trials that have ended, and
    /// the version that was rolled back.
    fn entry(&self, actor: &Actor, action: &str, name: &str, rolled_back: Option<&RolledBack>) -> AuditEntry {
        let Rollout { active, canary, shadow, gates, reason, .. } = &self.rollout;
        let mut detail =
            json!({"active": active, "canary": canary, "shadow": shadow, "gates": gates, "reason": reason});
        if let Some(fields) = detail.as_object_mut() {
            if self.ended != EndedTrials::default() {
                fields.insert("ended".to_owned(), json!(self.ended));
            }
            if let Some(RolledBack { version, fault, .. }) = rolled_back {
                fields.insert("taken_back".to_owned(), json!({"version": version, "fault": fault}));
            }
        }
        actor.entry(action, name, detail)
    }
}

/// Checks a roll-out against all running offers, stores it and swaps it in.
async fn put(
    app: &App,
    name: &str,
    Change { rollout, ended }: Change,
    nodes: Vec<Readiness>,
    entry: &AuditEntry,
) -> Result<RolledOut, Error> {
    let edit = BTreeMap::from([(name.to_owned(), rollout.clone())]);
    let proposed = ProposedPlans::with_rollouts(app, edit).await?.map_err(rollout_refused)?;
    let record = rollout.record(name).map_err(|error| Error::internal(&error))?;
    let revision = app.store.put_rollouts(&[record], entry).await?;
    proposed.go_live(app, revision).await?;
    Ok(RolledOut { rollout, ended, revision, nodes })
}

/// The roll-out after a step.
fn step(
    before: Option<&Rollout>,
    versions: &[MechanicVersion],
    RolloutRequest { change, gates }: RolloutRequest,
) -> Result<Rollout, Error> {
    let mut rollout = match (before, change) {
        (None, RolloutChange::Active(version)) => Rollout::of(find(versions, &version)?),
        (None, RolloutChange::Canary(..) | RolloutChange::Shadow(_)) => {
            let detail = "no version is active yet, so there is nothing to compare with; activate one first";
            return Err(Error::State { code: "nothing_active", detail: detail.to_owned() });
        }
        (Some(before), change) => {
            let mut rollout = before.clone();
            match change {
                RolloutChange::Active(version) => rollout.activate(find(versions, &version)?),
                RolloutChange::Shadow(None) => rollout.shadow = None,
                RolloutChange::Shadow(Some(version)) => {
                    rollout.set_shadow(on_trial(before, find(versions, &version)?)?);
                }
                RolloutChange::Canary(version, who) => {
                    rollout.set_canary(on_trial(before, find(versions, &version)?)?, who);
                }
            }
            rollout
        }
    };
    rollout.reason = None;
    rollout.gates = gates.unwrap_or(rollout.gates);
    Ok(rollout)
}

/// The version to try; refused if it is active already.
fn on_trial(before: &Rollout, version: VersionRef) -> Result<VersionRef, Error> {
    if version.digest != before.active.digest {
        return Ok(version);
    }
    let detail = format!("version {} is active already", version.version);
    Err(Error::State { code: "already_active", detail })
}

/// The version with this number; of several builds of a built-in one, the latest.
fn find(versions: &[MechanicVersion], version: &str) -> Result<VersionRef, Error> {
    let found = versions.iter().filter(|known| known.version == version).max_by_key(|known| known.created_at);
    let found = found.ok_or_else(|| {
        let known: BTreeSet<&str> = versions.iter().map(|known| known.version.as_str()).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        problem_at(
            "/version",
            "unknown_version",
            format!("there is no version `{version}`; there are {known}"),
        )
    })?;
    Ok(VersionRef { version: found.version.clone(), digest: found.digest.clone(), trial: 0 })
}

/// All versions of a mechanic. Refused as unknown if it has none.
pub async fn of_name(app: &App, name: &str) -> Result<Vec<MechanicVersion>, Error> {
    let mut versions = app.store.mechanic_versions().await?;
    versions.retain(|version| version.name == name);
    if versions.is_empty() { Err(unknown(name)) } else { Ok(versions) }
}

/// The versions of a mechanic that a caller may see. One that it may not see is unknown to it.
pub async fn visible(app: &App, name: &str, caller: &Caller) -> Result<Vec<MechanicVersion>, Error> {
    let versions = of_name(app, name).await?;
    if may_see(caller, &versions) { Ok(versions) } else { Err(unknown(name)) }
}

fn unknown(name: &str) -> Error {
    Error::Unknown { code: "unknown_mechanic", what: format!("mechanic `{name}`") }
}

fn bad_hints(wrong: String) -> Error {
    problem("bad_hints", format!("the header `Mechanic-Rehearsal` cannot be used: {wrong}"))
}

fn version_exists(taken: &MechanicVersion) -> Error {
    let MechanicVersion { name, version, digest, .. } = taken;
    let detail = format!(
        "version {version} of `{name}` is {digest} already, and versions do not change; give yours a new number"
    );
    Error::State { code: "version_exists", detail }
}

fn refused(refusal: &Refusal) -> Error {
    match refusal {
        Refusal::CompilerFailed(_) => return Error::internal(refusal),
        refusal if refusal.blame() == Blame::Host => {
            tracing::warn!(%refusal, "a mechanic could not be tried; it may be uploaded again");
            return Error::Unavailable;
        }
        _ => {}
    }
    problem(refusal.code(), format!("{refusal}: {}", refusal.advice()))
}

fn problem(code: &'static str, detail: String) -> Error {
    problem_at("", code, detail)
}

fn problem_at(pointer: &str, code: &'static str, detail: String) -> Error {
    let problem = Problem { pointer: pointer.to_owned(), code: code.into(), detail };
    Error::Refused { code, what: "the mechanic is refused", problems: problem.into() }
}

fn rollout_refused(problems: Problems) -> Error {
    Error::Refused { code: "rollout_refused", what: "the roll-out has problems", problems }
}
