//! Who changed what.

use crate::{AuditEntry, AuditHead, AuditRecord, Backend, Store, StoreError};

impl Store {
    /// Tells of what has no revision of its own.
    pub async fn audit_append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        on_backend!(self, audit_append(entry))
    }

    /// Some records after a number, in their order.
    pub async fn audit(&self, after: i64, most: i64) -> Result<Vec<AuditRecord>, StoreError> {
        on_backend!(self, audit(after, most))
    }

    /// The last record.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        on_backend!(self, audit_head())
    }
}
