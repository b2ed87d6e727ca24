//! Locks that keep the imports of one process from running twice, or two of a kind at a time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};

use tokio::sync::Mutex;

use super::options::ImportKind;

/// Locks of the imports of one process.
#[derive(Debug, Default)]
pub struct ImportLocks {
    /// Held by the import of attributes that runs; the next one waits.
    attributes: Mutex<()>,
    /// Held by the import of codes that runs.
    coupons: Mutex<()>,
    /// Held by the import of members that runs.
    members: Mutex<()>,
    /// Ids of the imports that this process receives or works on.
    at_work: Arc<SyncMutex<BTreeSet<String>>>,
}

/// The one task of this process that receives an import or works on it. Dropped, also by a task that fails, it makes room
/// for another.
#[derive(Debug)]
pub(super) struct AtWork {
    at_work: Arc<SyncMutex<BTreeSet<String>>>,
    id: String,
}

impl ImportLocks {
    pub(super) fn of(&self, kind: ImportKind) -> &Mutex<()> {
        match kind {
            ImportKind::Attributes => &self.attributes,
            ImportKind::Coupons => &self.coupons,
            ImportKind::Members => &self.members,
        }
    }

    /// Begins the work on an import; none if a task of this process is at it.
    pub(super) fn begin(&self, id: &str) -> Option<AtWork> {
        let is_first = locked(&self.at_work).insert(id.to_owned());
        is_first.then(|| AtWork { at_work: Arc::clone(&self.at_work), id: id.to_owned() })
    }

    /// True if this process works on any import.
    pub(super) fn is_any_at_work(&self) -> bool {
        !locked(&self.at_work).is_empty()
    }
}

impl AtWork {
    /// Id of the import.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        locked(&self.at_work).remove(&self.id);
    }
}

fn locked(ids: &SyncMutex<BTreeSet<String>>) -> MutexGuard<'_, BTreeSet<String>> {
    // The set is consistent after every statement, also if a thread has panicked.
    ids.lock().unwrap_or_else(PoisonError::into_inner)
}
