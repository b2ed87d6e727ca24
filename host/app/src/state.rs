//! The state that all calls share: plain data. `bootstrap` makes it, `changes` changes it.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use store::{Communications, Revision, Store};
use tokio::sync::Mutex;

use crate::backtests::permits::RunLimit;
use crate::calculation::CalculationThreads;
use crate::communications::channels::opened::Routes;
use crate::communications::collect::limits::Collected;
use crate::communications::hint::Hint;
use crate::communications::read_ranges::ReadRanges;
use crate::communications::readiness::Readiness;
use crate::communications::templates::compiled::CompiledTemplates;
use crate::config::Config;
use crate::imports::locks::ImportLocks;
use crate::keys::refusals::KeyRefusals;
use crate::keys::uses::KeyUses;
use crate::live::Live;
use crate::live::source::Source;
use crate::mechanics::registry::Registry;
use crate::metrics::Metrics;
use crate::nodes::status::NodeStatus;
use crate::replay::plans::Plans;

/// A cheap handle on the shared state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// The shared state of one process.
pub struct Shared {
    pub config: Config,
    pub store: Store,
    /// Events of members, and what is said to them.
    pub communications: Communications,
    /// Tells if that database is there.
    pub communications_ready: Readiness,
    /// Wakes the loops of communications.
    pub hint: Hint,
    /// The ranges of phone numbers as this node has read them.
    pub number_ranges: ArcSwap<ReadRanges>,
    /// Counts what pages of sites tell.
    pub collected: Collected,
    /// Templates of messages that were compiled.
    pub message_templates: CompiledTemplates,
    /// Channels that are open.
    pub channels: Routes,
    pub registry: Registry,
    /// The plans that receipts are priced by.
    pub live: ArcSwap<Live>,
    pub threads: CalculationThreads,
    pub metrics: Metrics,
    /// This node among the others.
    pub node: NodeStatus,
    /// This node's part of the lock of changes; see `changes::lock`.
    pub changes: Mutex<()>,
    /// Uses of keys that this node has noted.
    pub key_uses: KeyUses,
    /// Refusals of keys that this node has counted.
    pub key_refusals: KeyRefusals,
    /// Locks of imports.
    pub imports: ImportLocks,
    /// Limits the back-tests that run at a time.
    pub backtests: RunLimit,
    /// Plans for late receipts, by the live revision and the revision of the receipt's time.
    pub past: Mutex<HashMap<(Revision, Revision), Arc<Live>>>,
    /// Plans for replays of purchases.
    pub replays: Plans,
}

impl App {
    /// Shares a state.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Shared {
    /// The source of plans: the database, and the components that are loaded.
    pub fn source(&self) -> Source<'_> {
        Source { store: &self.store, registry: &self.registry }
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
