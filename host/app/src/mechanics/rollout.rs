//! Roll-outs: the versions of a mechanic and the receipts that each prices, in the form that is stored.

use serde::{Deserialize, Serialize};
use store::RolloutRecord;
use wire::rollout::{Gates, Who};

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
            canary: None,
            shadow: None,
            gates: Gates::default(),
            reason: None,
        }
    }

    /// Makes a version the active one. Its trial as canary or shadow ends.
    pub fn activate(&mut self, version: VersionRef) {
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
        self.rolled_back.retain(|digest| *digest != latest.digest);
        self.rolled_back.insert(0, latest.digest.clone());
        self.rolled_back.truncate(HISTORY_MAX);
        Some(latest)
    }

    /// True if a version was active before or rolled back, and is not needed any more.
    pub fn is_retired(&self, digest: &str) -> bool {
        let was = self.history.iter().any(|known| known.digest == digest)
            || self.rolled_back.iter().any(|known| known == digest);
        was && self.needed().all(|needed| needed != digest)
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

    /// Begins a trial of a version.
    fn begin(&mut self, version: VersionRef) -> VersionRef {
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
