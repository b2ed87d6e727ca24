//! Status of this node: its id, its lease on the latest plan, and the reason if it is fenced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, Notify};

/// Status of this node among the others.
pub struct NodeStatus {
    /// New at every start.
    pub id: String,
    /// Address that it serves on.
    pub address: String,
    /// The reason if this node is fenced.
    pub(super) trouble: ArcSwapOption<String>,
    /// Notified when the database has something new.
    pub(super) notification: Notify,
    /// Held while the latest revision is read and built.
    pub(super) catching_up: Mutex<()>,
    /// Time at which a receipt last failed to reach the database for the latest revision, in milliseconds since
    /// `started`; 0 if none has.
    failed_ms: AtomicU64,
    /// Zero of this node's milliseconds. This clock goes on while the process is stopped.
    started: Instant,
    /// Time at which the latest revision was last known to be live, in milliseconds since `started`.
    pub(super) confirmed_ms: AtomicU64,
}

impl NodeStatus {
    /// The status of a node that has just started with the latest plan.
    pub fn new(address: &str) -> Result<Self, getrandom::Error> {
        let mut id = [0_u8; 8];
        getrandom::fill(&mut id)?;
        Ok(Self {
            id: hex::encode(id),
            address: address.to_owned(),
            trouble: ArcSwapOption::empty(),
            notification: Notify::new(),
            catching_up: Mutex::new(()),
            failed_ms: AtomicU64::new(0),
            started: Instant::now(),
            confirmed_ms: AtomicU64::new(0),
        })
    }

    /// The reason if this node is fenced.
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    /// Milliseconds since this node has started.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Records that a receipt has failed to reach the database.
    pub(super) fn note_failure(&self) {
        self.failed_ms.store(self.now_ms(), Ordering::Release);
    }

    /// True if a receipt has failed to reach the database after a time of [`Self::now_ms`].
    pub(super) fn has_failed_since(&self, waits_since: u64) -> bool {
        self.failed_ms.load(Ordering::Acquire) > waits_since
    }

    /// True if the latest revision was known to be live within the lease.
    pub(super) fn has_lease(&self, lease: Duration) -> bool {
        let since = self.now_ms().saturating_sub(self.confirmed_ms.load(Ordering::Acquire));
        Duration::from_millis(since) <= lease
    }
}
