//! Imports and their batches.

use crate::{
    AuditEntry, Backend, Import, ImportBatch, ImportError, ImportProgress, ImportState, Store, StoreError,
};

impl Store {
    /// Stores a new import. False if there is one with this id.
    pub async fn create_import(&self, import: &Import, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, create_import(import, audit))
    }

    /// The import with this id.
    pub async fn import(&self, id: &str) -> Result<Option<Import>, StoreError> {
        on_backend!(self, import(id))
    }

    /// The latest imports of a kind, newest first, at most `most`.
    pub async fn imports(&self, kind: &str, most: i64) -> Result<Vec<Import>, StoreError> {
        on_backend!(self, imports(kind, most))
    }

    /// Imports that run or are suspended, oldest first.
    pub async fn unfinished_imports(&self) -> Result<Vec<Import>, StoreError> {
        on_backend!(self, unfinished_imports())
    }

    /// Changes the state of an import. False if it is not in the first of the two states.
    pub async fn set_import_state(
        &self,
        id: &str,
        from_to: (ImportState, ImportState),
        detail: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        on_backend!(self, set_import_state(id, from_to, detail, at))
    }

    /// As [`Store::set_import_state`], for a change by a person, which gets a record in the audit log.
    pub async fn set_import_state_audited(
        &self,
        id: &str,
        from_to: (ImportState, ImportState),
        audit: &AuditEntry,
    ) -> Result<bool, StoreError> {
        on_backend!(self, set_import_state_audited(id, from_to, audit))
    }

    /// Applies a batch and returns the progress. None if the import no longer runs, or if another host has
    /// applied the batch.
    pub async fn apply_import(
        &self,
        id: &str,
        batch: &ImportBatch,
        at: i64,
    ) -> Result<Option<ImportProgress>, StoreError> {
        on_backend!(self, apply_import(id, batch, at))
    }

    /// Errors and warnings of an import with a number above `after`, each with its number, at most `most`.
    pub async fn import_errors(
        &self,
        id: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<(i64, ImportError)>, StoreError> {
        on_backend!(self, import_errors(id, after, most))
    }
}
