//! Roll-outs: the versions of a mechanic and the receipts that each prices, in the form that is stored.

use serde::{Deserialize, Serialize};
use store::RolloutRecord;
use wire::rollout::{Gates, Who};

use super::faults::FaultSummary;

/// The most earlier versions in a roll-out.
const HISTORY_MAX: usize = 20;

/// Names a version in one trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRef {
    /// Version number, as its author gave it.
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// Number of the trial among those of the mechanic, from 1. Health is counted by trial.
    #[serde(default)]
    pub trial: u64,
}

/// The role of a version in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialKind {
    /// It prices all receipts, or did so before.
    Active,
    /// It prices some receipts.
    Canary,
    /// It is computed beside the active version and pays nothing.
    Shadow,
}

impl TrialKind {
    /// The name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Canary => "canary",
            Self::Shadow => "shadow",
        }
    }
}

/// The roll-out of a mechanic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// The version that prices receipts.
    pub active: VersionRef,
    /// Versions that were active before, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<VersionRef>,
    /// Digests of versions that were rolled back, the latest first.
    #[serde(rename = "taken_back", default, skip_serializing_if = "Vec::is_empty")]
    pub rolled_back: Vec<String>,
    /// Reasons of roll-backs, the latest first. Earlier releases do not write it.
    #[serde(rename = "taken_back_because", default, skip_serializing_if = "Vec::is_empty")]
    pub rollbacks: Vec<RolledBack>,
    /// The version that prices some receipts instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// The version that is computed beside the active one and pays nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<VersionRef>,
    /// Limits that roll a version back by themselves.
    #[serde(default)]
    pub gates: Gates,
    /// Number of trials so far.
    #[serde(default)]
    pub trials: u64,
    /// Reason of the last change, if the host made it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A roll-back of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledBack {
    /// The version that was rolled back.
    pub version: VersionRef,
    /// Time, in seconds since 1970.
    pub at: i64,
    /// The gate that it has broken, in words; absent if a caller rolled it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its most frequent fault, if faults were the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultSummary>,
}

/// The trials that a change of a roll-out has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EndedTrials {
    /// The canary that prices nothing any more.
    pub canary: Option<VersionRef>,
    /// The shadow that is not computed any more.
    pub shadow: Option<VersionRef>,
}

/// The state of a version in a roll-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// It prices all receipts but those of a canary.
    Active,
    /// It prices some receipts.
    Canary,
    /// It is computed and pays nothing.
    Shadow,
    /// It was rolled back, and has not been rolled out since.
    RolledBack,
    /// It was active before.
    Retired,
    /// It may be rolled out.
    Ready,
}

/// A version that prices some receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The version.
    pub version: VersionRef,
    /// The receipts that it prices.
    pub who: Who,
}

impl Rollout {
    /// The roll-out of a first version.
    pub fn of(active: VersionRef) -> Self {
        Self {
            active: VersionRef { trial: 1, ..active },
            trials: 1,
            history: Vec::new(),
            rolled_back: Vec::new(),
            rollbacks: Vec::new(),
            canary: None,
            shadow: None,
            gates: Gates::default(),
            reason: None,
        }
    }

    /// Makes a version price all receipts: the canary ends, whatever version it is. So does the shadow, whose
    /// differences are those from the version that was active.
    pub fn activate(&mut self, version: VersionRef) {
        self.canary = None;
        self.shadow = None;
        self.replace_active(version);
    }

    /// Makes a version the active one. Its trial as canary or shadow ends; trials of other versions go on.
    pub fn replace_active(&mut self, version: VersionRef) {
        let is_it = |tried: &VersionRef| tried.digest == version.digest;
        if self.canary.as_ref().is_some_and(|canary| is_it(&canary.version)) {
            self.canary = None;
        }
        if self.shadow.as_ref().is_some_and(is_it) {
            self.shadow = None;
        }
        if version.digest != self.active.digest {
            let version = self.begin(version);
            let before = std::mem::replace(&mut self.active, version);
            self.history.insert(0, before);
            self.history.truncate(HISTORY_MAX);
        }
    }

    /// Rolls the latest version back: ends the canary, or else makes the previous version active again. The
    /// version that was rolled back does not join the history, so that two roll-backs go two versions back.
    /// Returns it; none if there is no canary and no previous version.
    pub fn roll_back(&mut self) -> Option<VersionRef> {
        let latest = match self.canary.take() {
            Some(canary) => canary.version,
            None if self.history.is_empty() => return None,
            None => {
                let before = self.history.remove(0);
                let before = self.begin(before);
                std::mem::replace(&mut self.active, before)
            }
        };
        // A version has nothing to compare with itself.
        if self.shadow.as_ref().is_some_and(|shadow| shadow.digest == self.active.digest) {
            self.shadow = None;
        }
        Some(latest)
    }

    /// Notes that a version was rolled back, and why.
    pub fn note_rollback(&mut self, rolled_back: RolledBack) {
        self.forget_rollback(&rolled_back.version.digest);
        self.rolled_back.insert(0, rolled_back.version.digest.clone());
        self.rolled_back.truncate(HISTORY_MAX);
        self.rollbacks.insert(0, rolled_back);
        self.rollbacks.truncate(HISTORY_MAX);
    }

    fn forget_rollback(&mut self, digest: &str) {
        self.rolled_back.retain(|known| known != digest);
        self.rollbacks.retain(|known| known.version.digest != digest);
    }

    /// The state of the version with this digest.
    pub fn state_of(&self, digest: &str) -> VersionState {
        let is_it = |version: &VersionRef| version.digest == digest;
        if is_it(&self.active) {
            VersionState::Active
        } else if self.canary.as_ref().is_some_and(|canary| is_it(&canary.version)) {
            VersionState::Canary
        } else if self.shadow.as_ref().is_some_and(is_it) {
            VersionState::Shadow
        } else if self.rolled_back.iter().any(|known| known == digest) {
            VersionState::RolledBack
        } else if self.history.iter().any(is_it) {
            VersionState::Retired
        } else {
            VersionState::Ready
        }
    }

    /// The roll-back of the version with this digest, if it has not been rolled out since.
    pub fn rollback_of(&self, digest: &str) -> Option<&RolledBack> {
        self.rollbacks.iter().find(|known| known.version.digest == digest)
    }

    /// The trials that have ended since the roll-out was as `before`.
    pub fn ended_since(&self, before: &Self) -> EndedTrials {
        let ended = |before: Option<&VersionRef>, now: Option<&VersionRef>| {
            before.filter(|before| now.is_none_or(|now| now.trial != before.trial)).cloned()
        };
        fn canary(rollout: &Rollout) -> Option<&VersionRef> {
            rollout.canary.as_ref().map(|canary| &canary.version)
        }
        EndedTrials {
            canary: ended(canary(before), canary(self)),
            shadow: ended(before.shadow.as_ref(), self.shadow.as_ref()),
        }
    }

    /// Makes a version the canary. If it is the canary already, its trial goes on.
    pub fn set_canary(&mut self, version: VersionRef, who: Who) {
        let goes_on = self.canary.take().filter(|canary| canary.version.digest == version.digest);
        let version = goes_on.map_or_else(|| self.begin(version), |canary| canary.version);
        self.canary = Some(Canary { version, who });
    }

    /// Makes a version the shadow. If it is the shadow already, its trial goes on.
    pub fn set_shadow(&mut self, version: VersionRef) {
        if self.shadow.as_ref().is_none_or(|shadow| shadow.digest != version.digest) {
            self.shadow = Some(self.begin(version));
        }
    }

    /// Begins a trial of a version. That it was rolled back before does not count any more.
    fn begin(&mut self, version: VersionRef) -> VersionRef {
        self.forget_rollback(&version.digest);
        self.trials = self.trials.saturating_add(1);
        VersionRef { trial: self.trials, ..version }
    }

    /// Digests of the versions that must be loaded.
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        let tried = self.canary.iter().map(|canary| &canary.version).chain(&self.shadow);
        std::iter::once(&self.active).chain(tried).map(|version| version.digest.as_str())
    }

    /// The record of the database.
    pub fn record(&self, name: &str) -> serde_json::Result<RolloutRecord> {
        Ok(RolloutRecord { name: name.to_owned(), body: serde_json::to_string(self)?, revision: 0 })
    }
}
