//! The loaded versions that the variants of one plan need: of every mechanic the active one, and those on
//! trial.

use std::sync::Arc;

use domain::mechanics::MechanicId;
use domain::plan::{Mechanic, Previous};
use engine::{Component, MechanicSet};
use wire::rollout::{Gates, Who};

use super::health::Health;

/// The versions of all mechanics that can price, in the order of the mechanics' names.
#[derive(Clone, Default)]
pub struct Lineup(Vec<LineupEntry>);

/// The versions of one mechanic.
#[derive(Clone)]
pub struct LineupEntry {
    /// Name of the mechanic.
    pub name: String,
    /// The version that prices receipts.
    pub active: LoadedVersion,
    /// The version that was active before, for offers that fall back on it.
    pub previous: Option<LoadedVersion>,
    /// The version that prices some receipts instead, and those receipts.
    pub canary: Option<(LoadedVersion, Who)>,
    /// The version that is computed beside the active one and pays nothing.
    pub shadow: Option<LoadedVersion>,
    /// Limits that roll a version back by themselves.
    pub gates: Gates,
}

/// A loaded version with its health.
#[derive(Clone)]
pub struct LoadedVersion {
    /// The component.
    pub component: Arc<Component>,
    /// Health of the version on this node.
    pub health: Arc<Health>,
}

/// Health of a version in a plan, with the baseline and the gates that it is checked against.
#[derive(Clone)]
pub struct MonitoredVersion {
    /// Health of the version.
    pub health: Arc<Health>,
    /// Health of the version that its fuel is compared with, if there is one.
    pub baseline: Option<Arc<Health>>,
    /// Limits that roll the version back.
    pub gates: Gates,
}

/// One version of every mechanic: the table for a plan, and the set that runs them. All by the plan's numbers
/// of mechanics.
#[derive(Clone)]
pub struct ChosenVersions {
    /// Entries of the plan.
    pub table: Vec<Mechanic>,
    /// Components, ready to be called.
    pub set: MechanicSet,
    /// Health and gates.
    pub monitored: Vec<MonitoredVersion>,
}

impl Lineup {
    /// Sorts the entries by name.
    pub fn new(mut entries: Vec<LineupEntry>) -> Self {
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Self(entries)
    }

    /// The entries in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = &LineupEntry> {
        self.0.iter()
    }

    /// Digests of all components.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let versions = self.0.iter().flat_map(LineupEntry::versions).flatten();
        versions.map(|version| version.component.inspected().digest.as_str())
    }

    /// The active versions.
    pub fn active(&self) -> ChosenVersions {
        self.choose(|_, entry| &entry.active)
    }

    /// The numbers of the mechanics with a canary.
    pub fn canaries(&self) -> Vec<(MechanicId, &Who)> {
        self.numbered().filter_map(|(id, entry)| Some((id, &entry.canary.as_ref()?.1))).collect()
    }

    /// The numbers of the mechanics with a shadow.
    pub fn shadows(&self) -> Vec<MechanicId> {
        let shadowed = |(id, entry): (MechanicId, &LineupEntry)| entry.shadow.as_ref().map(|_| id);
        self.numbered().filter_map(shadowed).collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (MechanicId, &LineupEntry)> {
        (0..).map(MechanicId).zip(&self.0)
    }

    /// The active versions, but for the canaries of these mechanics.
    pub fn with_canaries(&self, of: &[MechanicId]) -> ChosenVersions {
        self.choose(|id, entry| match &entry.canary {
            Some((canary, _)) if of.contains(&id) => canary,
            _ => &entry.active,
        })
    }

    /// The active versions, but for the shadow of this mechanic.
    pub fn with_shadow(&self, of: MechanicId) -> ChosenVersions {
        self.choose(|id, entry| match &entry.shadow {
            Some(shadow) if id == of => shadow,
            _ => &entry.active,
        })
    }

    /// One version of each mechanic, numbered in the order of names; then the versions that they fall back
    /// on, which are asked only after a fault.
    fn choose<'a>(
        &'a self,
        choice: impl Fn(MechanicId, &'a LineupEntry) -> &'a LoadedVersion,
    ) -> ChosenVersions {
        let chosen: Vec<_> = self.numbered().map(|(id, entry)| choice(id, entry)).collect();
        let fallbacks: Vec<_> =
            self.0.iter().zip(&chosen).map(|(entry, version)| entry.fallback(version)).collect();
        let mut table: Vec<Mechanic> =
            self.0.iter().zip(&chosen).map(|(entry, version)| row(&entry.name, version)).collect();
        let mut set: Vec<_> = chosen.iter().map(|one| Some(Arc::clone(&one.component))).collect();
        let mut monitored: Vec<_> = self
            .0
            .iter()
            .zip(chosen.iter().zip(&fallbacks))
            .map(|(entry, (version, fallback))| MonitoredVersion {
                health: Arc::clone(&version.health),
                baseline: fallback.map(|fallback| Arc::clone(&fallback.health)),
                gates: entry.gates.clone(),
            })
            .collect();
        for (id, (entry, (later, fallback))) in self.0.iter().zip(chosen.iter().zip(fallbacks)).enumerate() {
            let Some(fallback) = fallback else { continue };
            let (earlier, later) = (fallback.component.description(), later.component.description());
            if let Some(mechanic) = table.get_mut(id) {
                mechanic.previous = Some(Previous::new(MechanicId(set.len()), earlier, later));
            }
            table.push(row(&entry.name, fallback));
            set.push(Some(Arc::clone(&fallback.component)));
            // A version that others fall back on is not on trial: it has no gates.
            let (health, gates) = (Arc::clone(&fallback.health), Gates::default());
            monitored.push(MonitoredVersion { health, baseline: None, gates });
        }
        ChosenVersions { table, set: MechanicSet::new(set), monitored }
    }
}

impl LineupEntry {
    fn versions(&self) -> [Option<&LoadedVersion>; 4] {
        let canary = self.canary.as_ref().map(|(canary, _)| canary);
        [Some(&self.active), self.previous.as_ref(), canary, self.shadow.as_ref()]
    }

    /// The version that `chosen` falls back on: the active one for a version on trial, else the one before
    /// it.
    fn fallback<'a>(&'a self, chosen: &LoadedVersion) -> Option<&'a LoadedVersion> {
        let is_active = Arc::ptr_eq(&chosen.component, &self.active.component);
        if is_active { self.previous.as_ref() } else { Some(&self.active) }
    }
}

/// The entry of a version in a plan's table.
fn row(name: &str, LoadedVersion { component, .. }: &LoadedVersion) -> Mechanic {
    Mechanic {
        name: name.to_owned(),
        description: component.description().clone(),
        digest: component.inspected().digest.clone(),
        previous: None,
    }
}
