//! The audit log.

use crate::{AuditEntry, AuditHead, AuditRecord, Backend, Store, StoreError};

impl Store {
    /// Appends a record of a change that has no revision.
    pub async fn audit_append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        on_backend!(self, audit_append(entry))
    }

    /// The records after a number, in their order, at most `most`.
    pub async fn audit(&self, after: i64, most: i64) -> Result<Vec<AuditRecord>, StoreError> {
        on_backend!(self, audit(after, most))
    }

    /// The last record.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        on_backend!(self, audit_head())
    }
}
