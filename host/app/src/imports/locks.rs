//! Which imports a process is at work on.

use std::collections::BTreeSet;

use tokio::sync::Mutex;

use super::options::ImportKind;

/// Locks of the imports of one process.
#[derive(Debug, Default)]
pub struct ImportLocks {
    /// One import of a kind at a time: the next one waits.
    attributes: Mutex<()>,
    members: Mutex<()>,
    /// Imports that this process is at work on.
    pub(super) at_work: Mutex<BTreeSet<String>>,
}

impl ImportLocks {
    pub(super) fn of(&self, kind: ImportKind) -> &Mutex<()> {
        match kind {
            ImportKind::Attributes => &self.attributes,
            ImportKind::Members => &self.members,
        }
    }
}
