//! The components in memory. A component lives as long as a plan, a receipt or a call holds it; those that were loaded for a
//! plan to come are held here until that plan is live.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use engine::Component;

/// The most components that are held for plans to come.
const WAITING_MAX: usize = 4;

/// The components in memory, by digest.
#[derive(Default)]
pub(super) struct Loaded {
    alive: BTreeMap<String, Weak<Component>>,
    /// Held for plans to come, with the time since when, the latest last.
    waiting: VecDeque<(Instant, Arc<Component>)>,
}

impl Loaded {
    /// The component with this digest, if it is in memory.
    pub(super) fn get(&self, digest: &str) -> Option<Arc<Component>> {
        self.alive.get(digest)?.upgrade()
    }

    /// Adds a component. One that is in memory already is kept, and returned.
    pub(super) fn add(&mut self, component: Component) -> Arc<Component> {
        let digest = component.inspected().digest.clone();
        if let Some(known) = self.get(&digest) {
            return known;
        }
        self.forget_gone();
        let component = Arc::new(component);
        self.alive.insert(digest, Arc::downgrade(&component));
        component
    }

    /// Holds a component for a plan to come.
    pub(super) fn hold(&mut self, component: &Arc<Component>) {
        self.waiting.retain(|(_, held)| !Arc::ptr_eq(held, component));
        self.waiting.push_back((Instant::now(), Arc::clone(component)));
    }

    /// Lets go of the components that live plans hold, and of those that were held longest, but for a few.
    pub(super) fn let_go(&mut self, live: &BTreeSet<&str>) {
        self.waiting.retain(|(_, held)| !live.contains(held.inspected().digest.as_str()));
        let surplus = self.waiting.len().saturating_sub(WAITING_MAX);
        self.waiting.drain(..surplus);
    }

    /// Lets go of the components that were held for longer than this.
    pub(super) fn let_go_after(&mut self, time: Duration) {
        self.waiting.retain(|(since, _)| since.elapsed() < time);
    }

    /// Number of components in memory.
    pub(super) fn count(&mut self) -> usize {
        self.forget_gone();
        self.alive.len()
    }

    fn forget_gone(&mut self) {
        self.alive.retain(|_, component| component.strong_count() > 0);
    }
}
