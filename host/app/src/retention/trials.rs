//! Health and differences of trials that ended long ago.

use std::collections::BTreeSet;

use store::TrialKey;

use super::{BATCH, Job, Lease, Mode, PAUSE, Removed};
use crate::config::retention::before;
use crate::error::Error;
use crate::mechanics::rollout::{Rollout, VersionRef};

pub(super) async fn work(job: &Job<'_>, now: i64, mode: Mode, lease: &mut Lease) -> Result<Removed, Error> {
    let kept = job.config.retention.trials_days;
    let mut removed = 0_u64;
    if let Some(time) = before(now, kept) {
        for trial in ended(job, time).await? {
            if mode == Mode::Run {
                if !lease.renew(job).await? {
                    break;
                }
                remove(job, &trial).await?;
            }
            removed = removed.saturating_add(1);
        }
    }
    Ok(Removed { what: "trials", kept, removed })
}

/// The trials that no roll-out since a time names.
async fn ended(job: &Job<'_>, time: i64) -> Result<Vec<TrialKey>, Error> {
    // Before the roll-outs are read: a trial that begins meanwhile is not among these.
    let mut trials = job.store.trials().await?;
    let revision = job.store.revision_at(time).await?;
    let mut named = BTreeSet::new();
    for record in job.store.rollouts_since(revision).await? {
        let rollout: Rollout =
            serde_json::from_str(&record.body).map_err(|_| Error::damaged("roll-out of a mechanic"))?;
        let canary = rollout.canary.as_ref().map(|canary| &canary.version);
        let versions = [Some(&rollout.active), canary, rollout.shadow.as_ref()];
        named.extend(versions.into_iter().flatten().map(key));
    }
    trials.retain(|trial| !named.contains(trial));
    Ok(trials)
}

fn key(version: &VersionRef) -> TrialKey {
    TrialKey { digest: version.digest.clone(), trial: i64::try_from(version.trial).unwrap_or(i64::MAX) }
}

async fn remove(job: &Job<'_>, trial: &TrialKey) -> Result<(), Error> {
    while job.store.remove_trial(trial, BATCH).await? > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
