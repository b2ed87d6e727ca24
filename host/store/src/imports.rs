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

    /// Imports that run, oldest first.
    pub async fn running_imports(&self) -> Result<Vec<Import>, StoreError> {
        on_backend!(self, running_imports())
    }

    /// Gives a running import from a node, or from none if that is empty, to another. False if it is not that node's, or
    /// does not run.
    pub async fn claim_import(&self, id: &str, from_to: (&str, &str)) -> Result<bool, StoreError> {
        on_backend!(self, claim_import(id, from_to))
    }

    /// Notes that a node works on its running imports.
    pub async fn beat_imports(&self, node: &str) -> Result<(), StoreError> {
        on_backend!(self, beat_imports(node))
    }

    /// Fails a running import of a node, or of none if that is empty. False if it is not that node's, or does not run.
    pub async fn fail_import(&self, id: &str, node: &str, detail: &str, at: i64) -> Result<bool, StoreError> {
        on_backend!(self, fail_import(id, node, detail, at))
    }

    /// Changes the state of an import, of which no node works on it then. False if it is not in the first of the two
    /// states.
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

    /// Applies a batch for a node and returns the progress. None if the import no longer runs, if it is another node's, or
    /// if the batch is applied already.
    pub async fn apply_import(
        &self,
        (id, node): (&str, &str),
        batch: &ImportBatch,
        at: i64,
    ) -> Result<Option<ImportProgress>, StoreError> {
        on_backend!(self, apply_import((id, node), batch, at))
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
