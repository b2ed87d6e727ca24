//! The catalogue and the offers as of an earlier revision.

use super::Database;
use crate::{CatalogRow, OfferRecord, Revision, StoreError};

impl Database {
    /// The revision that was the latest at a time; 0 before the first.
    pub(crate) async fn revision_at(&self, time: i64) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(revision), 0) FROM revisions WHERE created_at <= $1";
        Ok(sqlx::query_scalar(query).bind(time).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn catalog_rows_at(&self, revision: Revision) -> Result<Vec<CatalogRow>, StoreError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT type, key, body FROM catalog_rows
             WHERE from_revision <= $1 AND (until_revision IS NULL OR until_revision > $1)",
        )
        .bind(revision)
        .fetch_all(&self.pool)
        .await?;
        Ok(super::catalog::sorted(rows))
    }

    pub(crate) async fn offers_at(&self, revision: Revision) -> Result<Vec<OfferRecord>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT h.external_id, h.version, h.state, v.body FROM offers AS o
             JOIN offer_history AS h ON h.external_id = o.external_id AND h.revision =
                 (SELECT MAX(last.revision) FROM offer_history AS last
                  WHERE last.external_id = o.external_id AND last.revision <= $1)
             JOIN offer_versions AS v ON v.external_id = h.external_id AND v.version = h.version",
        )
        .bind(revision)
        .fetch_all(&self.pool)
        .await?;
        super::offers::sorted(rows)
    }
}
