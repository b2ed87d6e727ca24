//! Imports and their batches.

use crate::{
    AuditEntry, Backend, Import, ImportBatch, ImportError, ImportProgress, ImportState, Store, StoreFuture,
};

impl Store {
    /// Stores a new import. False if there is one with this id.
    pub fn create_import<'a>(&'a self, import: &'a Import, audit: &'a AuditEntry) -> StoreFuture<'a, bool> {
        on_backend!(self, create_import(import, audit))
    }

    /// The import with this id.
    pub fn import<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Import>> {
        on_backend!(self, import(id))
    }

    /// The latest imports of a kind, newest first, at most `most`.
    pub fn imports<'a>(&'a self, kind: &'a str, most: i64) -> StoreFuture<'a, Vec<Import>> {
        on_backend!(self, imports(kind, most))
    }

    /// Imports that run, oldest first.
    pub fn running_imports(&self) -> StoreFuture<'_, Vec<Import>> {
        on_backend!(self, running_imports())
    }

    /// Gives a running import from a node, or from none if that is empty, to another. False if it is not that node's, or
    /// does not run.
    pub fn claim_import<'a>(&'a self, id: &'a str, from_to: (&'a str, &'a str)) -> StoreFuture<'a, bool> {
        on_backend!(self, claim_import(id, from_to))
    }

    /// Notes that a node works on its running imports.
    pub fn beat_imports<'a>(&'a self, node: &'a str) -> StoreFuture<'a, ()> {
        on_backend!(self, beat_imports(node))
    }

    /// Fails a running import of a node, or of none if that is empty. False if it is not that node's, or does not run.
    pub fn fail_import<'a>(
        &'a self,
        id: &'a str,
        node: &'a str,
        detail: &'a str,
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, fail_import(id, node, detail, at))
    }

    /// Changes the state of an import, of which no node works on it then. False if it is not in the first of the two
    /// states.
    pub fn set_import_state<'a>(
        &'a self,
        id: &'a str,
        from_to: (ImportState, ImportState),
        detail: &'a str,
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, set_import_state(id, from_to, detail, at))
    }

    /// As [`Store::set_import_state`], for a change by a person, which gets a record in the audit log.
    pub fn set_import_state_audited<'a>(
        &'a self,
        id: &'a str,
        from_to: (ImportState, ImportState),
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, set_import_state_audited(id, from_to, audit))
    }

    /// Applies a batch for a node and returns the progress. None if the import no longer runs, if it is another node's, or
    /// if the batch is applied already.
    pub fn apply_import<'a>(
        &'a self,
        (id, node): (&'a str, &'a str),
        batch: &'a ImportBatch,
        at: i64,
    ) -> StoreFuture<'a, Option<ImportProgress>> {
        on_backend!(self, apply_import((id, node), batch, at))
    }

    /// Errors and warnings of an import with a number above `after`, each with its number, at most `most`.
    pub fn import_errors<'a>(
        &'a self,
        id: &'a str,
        after: i64,
        most: i64,
    ) -> StoreFuture<'a, Vec<(i64, ImportError)>> {
        on_backend!(self, import_errors(id, after, most))
    }
}
