//! The limit on back-tests that run on one node at the same time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Back-tests at the same time on one node.
pub(super) const AT_ONCE: usize = 2;

/// Permits for back-tests.
pub struct RunLimit(Arc<Semaphore>);

impl Default for RunLimit {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl RunLimit {
    /// A permit for one back-test; `None` if all are taken. Dropping it gives it back.
    pub(super) fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}
