//! Status of this node: its id, its lease on the latest plan, and the reason if it is fenced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, Notify};

use crate::error::Error;

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
    catching_up: Mutex<()>,
    /// Attempts to reach the database for the latest revision that have failed.
    failures: AtomicU64,
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
            failures: AtomicU64::new(0),
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

    /// Makes the latest revision live for a receipt by `attempt`, unless it is. Receipts that wait at the same time share
    /// one attempt, also if it fails: during an outage each would wait for a time-out of its own otherwise, one after the
    /// other.
    pub(super) async fn share(
        &self,
        lease: Duration,
        attempt: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let failures = self.failures.load(Ordering::Acquire);
        let _lock = self.catching_up.lock().await;
        if self.has_lease(lease) {
            return Ok(());
        }
        if self.failures.load(Ordering::Acquire) != failures {
            return Err(Error::Unavailable);
        }
        self.counted(attempt).await
    }

    /// Makes the latest revision live by `attempt`, whether it is or not.
    pub(super) async fn alone(&self, attempt: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
        let _lock = self.catching_up.lock().await;
        self.counted(attempt).await
    }

    /// Counts an attempt that fails while the lock is still held: those that wait for it must see that.
    async fn counted(&self, attempt: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
        let ended = attempt.await;
        if ended.is_err() {
            self.failures.fetch_add(1, Ordering::AcqRel);
        }
        ended
    }

    /// True if the latest revision was known to be live within the lease.
    pub(super) fn has_lease(&self, lease: Duration) -> bool {
        let since = self.now_ms().saturating_sub(self.confirmed_ms.load(Ordering::Acquire));
        Duration::from_millis(since) <= lease
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join, join_all};
    use tokio::sync::Semaphore;

    use super::*;

    const LEASE: Duration = Duration::from_secs(3);
    const RECEIPTS: usize = 20;

    /// A node without a lease.
    fn node() -> NodeStatus {
        let mut node = NodeStatus::new("").expect("randomness");
        node.started = Instant::now() - Duration::from_secs(60);
        node
    }

    /// True for each receipt that was let through, of some that all wait before the first attempt ends; and the number
    /// of their attempts.
    async fn wait_together(node: &NodeStatus, is_out: bool) -> (Vec<bool>, u64) {
        let (attempts, gate) = (AtomicU64::new(0), Semaphore::new(0));
        let attempt = || async {
            attempts.fetch_add(1, Ordering::Relaxed);
            gate.acquire().await.expect("a gate").forget();
            if is_out {
                return Err(Error::Unavailable);
            }
            node.confirmed_ms.store(node.now_ms(), Ordering::Release);
            Ok(())
        };
        let receipts = join_all((0..RECEIPTS).map(|_| node.share(LEASE, attempt())));
        // Polled after the receipts, each of which waits by then. There is room for all to make an attempt of their own.
        let opening = async { gate.add_permits(RECEIPTS) };
        let (ended, ()) = join(receipts, opening).await;
        (ended.into_iter().map(|ended| ended.is_ok()).collect(), attempts.into_inner())
    }

    #[tokio::test]
    async fn receipts_that_wait_together_share_one_attempt() {
        let node = node();
        let failed = wait_together(&node, true).await;
        assert_eq!(failed, (vec![false; RECEIPTS], 1), "one time-out for all");
        let again = wait_together(&node, true).await;
        assert_eq!(again, (vec![false; RECEIPTS], 1), "those that come later make their own attempt");
        let back = wait_together(&node, false).await;
        assert_eq!(back, (vec![true; RECEIPTS], 1), "the database is back");
        let leased = wait_together(&node, false).await;
        assert_eq!(leased, (vec![true; RECEIPTS], 0), "nobody asks during the lease");
    }
}
