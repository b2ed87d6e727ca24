//! The versions that one plan needs, loaded: of every mechanic the active one, and those that are
//! tried on some receipts or beside them.

use std::sync::Arc;

use domain::mechanics::MechanicId;
use domain::plan::{Mechanic, Previous};
use engine::{Component, MechanicSet};
use wire::rollout::{Gates, Who};

use super::health::Health;

/// The versions of all mechanics that can price, by name.
#[derive(Clone, Default)]
pub struct Lineup(Vec<LineupEntry>);

/// The versions of one mechanic.
#[derive(Clone)]
pub struct LineupEntry {
    /// What offers call it.
    pub name: String,
    /// Prices receipts.
    pub active: LoadedVersion,
    /// Was active before: for offers that fall back on it.
    pub previous: Option<LoadedVersion>,
    /// Prices some receipts instead.
    pub canary: Option<(LoadedVersion, Who)>,
    /// Is computed beside the active one, and pays nothing.
    pub shadow: Option<LoadedVersion>,
    /// What takes a version back by itself.
    pub gates: Gates,
}

/// A version, and what is seen of it.
#[derive(Clone)]
pub struct LoadedVersion {
    /// The version.
    pub component: Arc<Component>,
    /// What is seen of it.
    pub health: Arc<Health>,
}

/// What is seen of a version in a plan, and what it is held against.
#[derive(Clone)]
pub struct MonitoredVersion {
    /// What is seen.
    pub health: Arc<Health>,
    /// Of the version before.
    pub before: Option<Arc<Health>>,
    /// What takes it back.
    pub gates: Gates,
}

/// One way to choose a version of every mechanic: what a plan says of them, and the set that runs them.
#[derive(Clone)]
pub struct ChosenVersions {
    /// In the order of the numbers.
    pub table: Vec<Mechanic>,
    /// The same, ready to be called.
    pub set: MechanicSet,
    /// What is seen of each.
    pub monitored: Vec<MonitoredVersion>,
}

impl Lineup {
    /// In the order of names, whatever the order of `lined`.
    pub fn new(mut lined: Vec<LineupEntry>) -> Self {
        lined.sort_by(|one, other| one.name.cmp(&other.name));
        Self(lined)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &LineupEntry> {
        self.0.iter()
    }

    /// The active versions.
    pub fn active(&self) -> ChosenVersions {
        self.choose(|_, lined| &lined.active)
    }

    /// The numbers of the mechanics with a canary.
    pub fn canaries(&self) -> Vec<(MechanicId, &Who)> {
        self.numbered().filter_map(|(id, lined)| Some((id, &lined.canary.as_ref()?.1))).collect()
    }

    /// The numbers of the mechanics with a shadow.
    pub fn shadows(&self) -> Vec<MechanicId> {
        let shadowed = |(id, lined): (MechanicId, &LineupEntry)| lined.shadow.as_ref().map(|_| id);
        self.numbered().filter_map(shadowed).collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (MechanicId, &LineupEntry)> {
        (0..).map(MechanicId).zip(&self.0)
    }

    /// With the canaries of these mechanics.
    pub fn with_canaries(&self, of: &[MechanicId]) -> ChosenVersions {
        self.choose(|id, lined| match &lined.canary {
            Some((canary, _)) if of.contains(&id) => canary,
            _ => &lined.active,
        })
    }

    /// With the shadow of one mechanic in the place of its active version.
    pub fn with_shadow(&self, of: MechanicId) -> ChosenVersions {
        self.choose(|id, lined| match &lined.shadow {
            Some(shadow) if id == of => shadow,
            _ => &lined.active,
        })
    }

    /// One version of each, numbered by name; then the versions before, which only faults lead to.
    fn choose<'a>(&'a self, choice: impl Fn(MechanicId, &'a LineupEntry) -> &'a LoadedVersion) -> ChosenVersions {
        let chosen: Vec<_> = self.numbered().map(|(id, lined)| choice(id, lined)).collect();
        let before: Vec<_> = self.0.iter().zip(&chosen).map(|(lined, slot)| lined.before(slot)).collect();
        let mut table: Vec<Mechanic> =
            self.0.iter().zip(&chosen).map(|(of, one)| entry(&of.name, one)).collect();
        let mut set: Vec<_> = chosen.iter().map(|one| Some(Arc::clone(&one.component))).collect();
        let mut monitored: Vec<_> = self
            .0
            .iter()
            .zip(chosen.iter().zip(&before))
            .map(|(lined, (slot, before))| MonitoredVersion {
                health: Arc::clone(&slot.health),
                before: before.map(|before| Arc::clone(&before.health)),
                gates: lined.gates.clone(),
            })
            .collect();
        for (id, (lined, (later, before))) in self.0.iter().zip(chosen.iter().zip(before)).enumerate() {
            let Some(before) = before else { continue };
            let (earlier, later) = (before.component.description(), later.component.description());
            if let Some(mechanic) = table.get_mut(id) {
                mechanic.previous = Some(Previous::new(MechanicId(set.len()), earlier, later));
            }
            table.push(entry(&lined.name, before));
            set.push(Some(Arc::clone(&before.component)));
            // Whoever is asked instead of another is not on trial.
            let (health, gates) = (Arc::clone(&before.health), Gates::default());
            monitored.push(MonitoredVersion { health, before: None, gates });
        }
        ChosenVersions { table, set: MechanicSet::new(set), monitored }
    }
}

impl LineupEntry {
    /// A version on trial falls back on the one that it is to replace.
    fn before<'a>(&'a self, chosen: &LoadedVersion) -> Option<&'a LoadedVersion> {
        let is_active = Arc::ptr_eq(&chosen.component, &self.active.component);
        if is_active { self.previous.as_ref() } else { Some(&self.active) }
    }
}

fn entry(name: &str, LoadedVersion { component, .. }: &LoadedVersion) -> Mechanic {
    Mechanic {
        name: name.to_owned(),
        description: component.description().clone(),
        digest: component.inspected().digest.clone(),
        previous: None,
    }
}
