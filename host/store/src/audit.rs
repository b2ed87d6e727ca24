//! The audit log.

use crate::{AuditEntry, AuditHead, AuditRecord, Backend, Store, StoreFuture};

impl Store {
    /// Appends a record of a change that has no revision.
    pub fn audit_append<'a>(&'a self, entry: &'a AuditEntry) -> StoreFuture<'a, ()> {
        on_backend!(self, audit_append(entry))
    }

    /// The records after a number, in their order, at most `most`.
    pub fn audit(&self, after: i64, most: i64) -> StoreFuture<'_, Vec<AuditRecord>> {
        on_backend!(self, audit(after, most))
    }

    /// The last record.
    pub fn audit_head(&self) -> StoreFuture<'_, AuditHead> {
        on_backend!(self, audit_head())
    }
}
