//! Components of versions that nothing needs any more. Their rows stay, since a version number stands for one file for ever.

use std::collections::BTreeSet;

use serde_json::json;
use store::{MechanicVersion, Revision};

use super::{Job, MARGIN_SECONDS, Mode, Removed};
use crate::audit::Actor;
use crate::config::retention::before;
use crate::error::Error;
use crate::mechanics::rollout::{Rollout, VersionRef};

pub(super) async fn work(job: &Job<'_>, now: i64, mode: Mode) -> Result<Removed, Error> {
    let settings = &job.config.retention;
    let kept = i64::try_from(settings.mechanic_versions).unwrap_or(i64::MAX);
    let mut removed = 0_u64;
    if let Some(time) = before(now, settings.days_of_replays()) {
        // No roll-out begins between the look at roll-outs and the removal.
        let _here = match job.changes {
            Some(changes) => Some(changes.lock().await),
            None => None,
        };
        let _everywhere = job.store.lock_changes().await?;
        let revision = job.store.plan_revision().await?;
        for version in unneeded(job, time, revision).await? {
            removed = removed.saturating_add(match mode {
                Mode::Show => 1,
                Mode::Run => u64::from(remove(job, &version, revision).await?),
            });
        }
    }
    Ok(Removed { what: "components", kept, removed })
}

async fn remove(job: &Job<'_>, version: &MechanicVersion, revision: Revision) -> Result<bool, Error> {
    let MechanicVersion { digest, name, version, .. } = version;
    let detail = json!({"version": version, "digest": digest});
    let entry = Actor::system("retention").entry("mechanic.remove", name, detail);
    Ok(job.store.remove_component(digest, revision, &entry).await?)
}

/// The stored versions that are neither among the newest of their mechanic, nor in its roll-out, nor were in one by which
/// a purchase since a time may have been priced.
async fn unneeded(job: &Job<'_>, time: i64, now: Revision) -> Result<Vec<MechanicVersion>, Error> {
    let newest = job.config.retention.mechanic_versions;
    let then = job.store.revision_at(time.saturating_sub(MARGIN_SECONDS)).await?;
    let mut needed: BTreeSet<String> = BTreeSet::new();
    for record in job.store.rollouts_since(then).await? {
        needed.extend(named(&record.body, 1)?);
    }
    for record in job.store.rollouts_at(now).await? {
        // Roll-backs go to these.
        needed.extend(named(&record.body, newest)?);
    }
    let mut versions = job.store.mechanic_versions().await?;
    versions.sort_by(|one, other| (&one.name, other.created_at).cmp(&(&other.name, one.created_at)));
    let mut unneeded = Vec::new();
    for of_name in versions.chunk_by(|one, other| one.name == other.name) {
        let old = of_name.iter().skip(newest);
        let old = old.filter(|version| version.removed_at.is_none() && !needed.contains(&version.digest));
        unneeded.extend(old.cloned());
    }
    Ok(unneeded)
}

/// Digests of the versions that a roll-out needs, with so many of those that were active before.
fn named(body: &str, before: usize) -> Result<Vec<String>, Error> {
    let Rollout { active, history, canary, shadow, .. } =
        serde_json::from_str(body).map_err(|_| Error::damaged("roll-out of a mechanic"))?;
    let canary = canary.map(|canary| canary.version);
    let versions =
        std::iter::once(active).chain(canary).chain(shadow).chain(history.into_iter().take(before));
    Ok(versions.map(|VersionRef { digest, .. }| digest).collect())
}
