//! The catalogue.

use crate::{AuditEntry, Backend, CatalogChange, CatalogRow, Revision, Store, StoreFuture};

impl Store {
    /// The catalogue in force, ordered by kind and key.
    pub fn catalog_rows(&self) -> StoreFuture<'_, Vec<CatalogRow>> {
        on_backend!(self, catalog_rows())
    }

    /// The catalogue as of a revision, ordered by kind and key.
    pub fn catalog_rows_at(&self, revision: Revision) -> StoreFuture<'_, Vec<CatalogRow>> {
        on_backend!(self, catalog_rows_at(revision))
    }

    /// The revision of the last change of the catalogue; 0 before the first.
    pub fn catalog_revision(&self) -> StoreFuture<'_, Revision> {
        on_backend!(self, catalog_revision())
    }

    /// Changes the catalogue and returns the new revision.
    pub fn change_catalog<'a>(
        &'a self,
        change: &'a CatalogChange,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Revision> {
        on_backend!(self, change_catalog(change, audit))
    }
}
