//! Locks that keep the imports of one process from running twice, or two of a kind at a time.

use std::collections::BTreeSet;

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
    /// Ids of the imports that this process works on.
    pub(super) at_work: Mutex<BTreeSet<String>>,
}

impl ImportLocks {
    pub(super) fn of(&self, kind: ImportKind) -> &Mutex<()> {
        match kind {
            ImportKind::Attributes => &self.attributes,
            ImportKind::Coupons => &self.coupons,
            ImportKind::Members => &self.members,
        }
    }
}
