//! The status of a mechanic in words, for the console.

use super::{HealthStatus, MechanicStatus, RollbackStatus, RolloutStatus, TrialStatus, VersionStatus};
use crate::mechanics::faults;

/// A mechanic in words.
#[derive(Debug)]
pub struct MechanicWords {
    /// As offers call it.
    pub name: String,
    /// The active version; empty before the first roll-out.
    pub version: String,
    /// Digest of the active version.
    pub digest: String,
    /// Versions on trial, each in words.
    pub trials: Vec<String>,
    /// Faults, and the latest roll-back, each in words.
    pub troubles: Vec<String>,
}

/// A version in words.
#[derive(Debug)]
pub struct VersionWords {
    /// Digest of its component.
    pub digest: String,
    /// `active`, `canary`, `shadow`, `taken back`, `removed`, `retired` or `ready`.
    pub state: &'static str,
    /// Faults and the roll-back, each in words.
    pub troubles: Vec<String>,
}

impl MechanicStatus {
    /// The mechanic in words.
    pub fn words(&self) -> MechanicWords {
        let latest = self.versions.iter().filter_map(|version| Some((version, version.taken_back.as_ref()?)));
        // Times in UTC have the order of their texts.
        let latest = latest.max_by(|(_, one), (_, other)| one.at.cmp(&other.at));
        let latest =
            latest.map(|(version, rollback)| format!("{} {}", version.version, taken_back(rollback)));
        let faults = self.trials().into_iter().flat_map(|(_, trial)| {
            troubles(&trial.health).into_iter().map(move |trouble| format!("{} {trouble}", trial.version))
        });
        MechanicWords {
            name: self.name.clone(),
            version: self.version.clone().unwrap_or_default(),
            digest: self.digest.clone().unwrap_or_default(),
            trials: self.rollout.as_ref().map(on_trial).unwrap_or_default(),
            troubles: faults.chain(latest).collect(),
        }
    }

    /// Its versions in words, oldest first.
    pub fn version_words(&self) -> Vec<VersionWords> {
        let trials = self.trials();
        let words = |version: &VersionStatus| {
            let trial = trials.iter().find(|(_, trial)| trial.digest == version.digest);
            let mut told = trial.map(|(_, trial)| troubles(&trial.health)).unwrap_or_default();
            told.extend(version.taken_back.as_ref().map(taken_back));
            VersionWords {
                digest: version.digest.clone(),
                state: trial.map_or(version.state, |(state, _)| *state),
                troubles: told,
            }
        };
        self.versions.iter().map(words).collect()
    }

    /// The versions that are rolled out, each with its state.
    fn trials(&self) -> Vec<(&'static str, &TrialStatus)> {
        let Some(RolloutStatus { active, canary, shadow, .. }) = &self.rollout else { return Vec::new() };
        let tried = [("active", Some(active)), ("canary", canary.as_ref()), ("shadow", shadow.as_ref())];
        tried.into_iter().filter_map(|(state, trial)| Some((state, trial?))).collect()
    }
}

fn on_trial(rollout: &RolloutStatus) -> Vec<String> {
    let canary = rollout.canary.as_ref().map(|canary| {
        let who = match (&canary.canary_percent, &canary.pos) {
            (Some(percent), _) => format!("{percent} % of the buyers"),
            (None, tills) => tills.clone().unwrap_or_default().join(", "),
        };
        format!("{}: canary for {who}", canary.version)
    });
    let shadow = rollout.shadow.as_ref().map(|shadow| {
        let HealthStatus { calls, differences, .. } = &shadow.health;
        let differing = differences.unwrap_or_default();
        format!(
            "{}: shadow, pays nothing; priced {differing} of {calls} receipts differently",
            shadow.version
        )
    });
    canary.into_iter().chain(shadow).collect()
}

/// The faults of a trial, as in `failed on 5 of 20 receipts: trap on 5; most often: …`.
fn troubles(health: &HealthStatus) -> Vec<String> {
    let HealthStatus { circuit_open, calls, faults, fault_details, .. } = health;
    let text = fault_details.first().and_then(|first| first.text.as_deref());
    let text = text.map(|text| format!("; most often: {text}")).unwrap_or_default();
    let failed = (*faults > 0)
        .then(|| format!("failed on {faults} of {calls} receipts: {}{text}", faults::list(fault_details)));
    let left_alone = circuit_open.then(|| "is not asked at this moment, after repeated faults".to_owned());
    failed.into_iter().chain(left_alone).collect()
}

fn taken_back(rollback: &RollbackStatus) -> String {
    let at = rollback.at.as_deref().unwrap_or("an unknown time");
    match &rollback.reason {
        Some(reason) => format!("was taken back by the host at {at}: {reason}"),
        None => format!("was taken back at {at}; the audit log says by whom"),
    }
}
