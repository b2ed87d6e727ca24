//! The catalogue.

use crate::{AuditEntry, Backend, CatalogChange, CatalogRow, Revision, Store, StoreError};

impl Store {
    /// The catalogue in force, ordered by kind and key.
    pub async fn catalog_rows(&self) -> Result<Vec<CatalogRow>, StoreError> {
        on_backend!(self, catalog_rows())
    }

    /// The catalogue as of a revision, ordered by kind and key.
    pub async fn catalog_rows_at(&self, revision: Revision) -> Result<Vec<CatalogRow>, StoreError> {
        on_backend!(self, catalog_rows_at(revision))
    }

    /// The revision of the last change of the catalogue; 0 before the first.
    pub async fn catalog_revision(&self) -> Result<Revision, StoreError> {
        on_backend!(self, catalog_revision())
    }

    /// Changes the catalogue and returns the new revision.
    pub async fn change_catalog(
        &self,
        change: &CatalogChange,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, change_catalog(change, audit))
    }
}
