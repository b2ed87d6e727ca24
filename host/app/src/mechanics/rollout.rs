//! Which version of a mechanic prices which receipts, as it is stored.

use serde::{Deserialize, Serialize};
use store::RolloutRecord;
use wire::rollout::{Gates, Who};

/// How many earlier versions are remembered.
const HISTORY_MAX: usize = 20;

/// One version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRef {
    /// As its author numbers it.
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// Which trial of the mechanic this is, from 1: what is seen of a version is counted by trial.
    #[serde(default)]
    pub trial: u64,
}

/// What a version is tried as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialKind {
    /// It prices all receipts, or was the one before.
    Active,
    /// It prices some receipts.
    Canary,
    /// It is computed, and pays nothing.
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

/// The standing of all versions of a mechanic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Prices receipts.
    pub active: VersionRef,
    /// Those that were active before, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<VersionRef>,
    /// Digests of those that were taken back, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<String>,
    /// Prices some receipts instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// Is computed beside the active one, and pays nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<VersionRef>,
    /// What takes a version back by itself.
    #[serde(default)]
    pub gates: Gates,
    /// How many trials there were.
    #[serde(default)]
    pub trials: u64,
    /// Why the last change was made, if the host made it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A version on trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The version.
    pub version: VersionRef,
    /// The receipts that it prices.
    pub who: Who,
}

impl Rollout {
    /// A first version.
    pub fn of(active: VersionRef) -> Self {
        Self {
            active: VersionRef { trial: 1, ..active },
            trials: 1,
            history: Vec::new(),
            taken_back: Vec::new(),
            canary: None,
            shadow: None,
            gates: Gates::default(),
            reason: None,
        }
    }

    /// Makes another version the active one. A trial that it ends, ends.
    pub fn activate(&mut self, version: VersionRef) {
        let ends = |tried: &VersionRef| tried.digest == version.digest;
        if self.canary.as_ref().is_some_and(|canary| ends(&canary.version)) {
            self.canary = None;
        }
        if self.shadow.as_ref().is_some_and(ends) {
            self.shadow = None;
        }
        if version.digest != self.active.digest {
            let version = self.begin(version);
            let before = std::mem::replace(&mut self.active, version);
            self.history.insert(0, before);
            self.history.truncate(HISTORY_MAX);
        }
    }

    /// Takes the latest version back: ends its trial on some receipts, or else makes the version active
    /// again that was before. What was taken back is no version before any more: two roll-backs go two
    /// versions back. Nothing if there is none.
    pub fn roll_back(&mut self) -> Option<VersionRef> {
        let taken = match self.canary.take() {
            Some(canary) => canary.version,
            None if self.history.is_empty() => return None,
            None => {
                let before = self.history.remove(0);
                let before = self.begin(before);
                std::mem::replace(&mut self.active, before)
            }
        };
        self.taken_back.retain(|digest| *digest != taken.digest);
        self.taken_back.insert(0, taken.digest.clone());
        self.taken_back.truncate(HISTORY_MAX);
        Some(taken)
    }

    /// Whether a version was active or tried, and is not any more.
    pub fn is_retired(&self, digest: &str) -> bool {
        let was = self.history.iter().any(|known| known.digest == digest)
            || self.taken_back.iter().any(|known| known == digest);
        was && self.needed().all(|needed| needed != digest)
    }

    /// Lets a version price some receipts. Its trial goes on if it did already.
    pub fn try_on(&mut self, version: VersionRef, who: Who) {
        let goes_on = self.canary.take().filter(|canary| canary.version.digest == version.digest);
        let version = goes_on.map_or_else(|| self.begin(version), |canary| canary.version);
        self.canary = Some(Canary { version, who });
    }

    /// Has a version computed beside the active one.
    pub fn shadow_with(&mut self, version: VersionRef) {
        if self.shadow.as_ref().is_none_or(|shadow| shadow.digest != version.digest) {
            self.shadow = Some(self.begin(version));
        }
    }

    fn begin(&mut self, version: VersionRef) -> VersionRef {
        self.trials = self.trials.saturating_add(1);
        VersionRef { trial: self.trials, ..version }
    }

    /// The versions that must be loaded.
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        let tried = self.canary.iter().map(|canary| &canary.version).chain(&self.shadow);
        std::iter::once(&self.active).chain(tried).map(|version| version.digest.as_str())
    }

    /// As it is stored.
    pub fn record(&self, name: &str) -> serde_json::Result<RolloutRecord> {
        Ok(RolloutRecord { name: name.to_owned(), body: serde_json::to_string(self)?, revision: 0 })
    }
}
