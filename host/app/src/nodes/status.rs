//! Status of this node: its name, how sure it is of the latest plan, and why it serves nothing, if so.

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
    /// Why it serves nothing.
    pub(super) trouble: ArcSwapOption<String>,
    pub(super) heard: Notify,
    pub(super) catching_up: Mutex<()>,
    /// The time that the rest is counted from. Goes on while the process is stopped.
    started: Instant,
    /// When the latest revision was last known to be live, in milliseconds since then.
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
            heard: Notify::new(),
            catching_up: Mutex::new(()),
            started: Instant::now(),
            confirmed_ms: AtomicU64::new(0),
        })
    }

    /// Why it serves nothing, if so.
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn is_sure(&self, lease: Duration) -> bool {
        let since = self.now_ms().saturating_sub(self.confirmed_ms.load(Ordering::Acquire));
        Duration::from_millis(since) <= lease
    }
}
