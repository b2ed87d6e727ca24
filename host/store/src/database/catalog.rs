use std::collections::BTreeMap;

use super::dialect::QueryBuilder;
use super::{Change, Database};
use crate::{AuditEntry, CatalogChange, CatalogRow, ImportMode, Revision, StoreError};

/// Rows of one statement at most, so that it has no more variables than SQLite allows.
const ROWS_A_STATEMENT: usize = 2_000;

impl Database {
    pub(crate) async fn catalog_rows(&self) -> Result<Vec<CatalogRow>, StoreError> {
        let rows: Vec<(String, String, String)> =
            sqlx::query_as("SELECT type, key, body FROM catalog_rows WHERE until_revision IS NULL")
                .fetch_all(&self.pool)
                .await?;
        Ok(sorted(rows))
    }

    pub(crate) async fn catalog_revision(&self) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(revision), 0) FROM revisions WHERE change = 'catalog'";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn change_catalog(
        &self,
        catalog: &CatalogChange,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        let changes = RowChanges::of(catalog, &self.catalog_rows().await?);
        let mut change = self.begin_change("catalog", audit.at).await?;
        for (kind, keys) in &changes.ended {
            for keys in keys.chunks(ROWS_A_STATEMENT) {
                change.end_catalog_rows(kind, keys).await?;
            }
        }
        for rows in changes.begun.chunks(ROWS_A_STATEMENT) {
            change.begin_catalog_rows(rows).await?;
        }
        change.commit_audited(audit).await
    }
}

/// The rows that a change ends and begins. An unchanged row is not among them.
struct RowChanges {
    /// Keys of the rows that end, by kind.
    ended: BTreeMap<String, Vec<String>>,
    begun: Vec<CatalogRow>,
}

impl RowChanges {
    fn of(change: &CatalogChange, stored: &[CatalogRow]) -> Self {
        let mut stored: BTreeMap<(&str, &str), &str> =
            stored.iter().map(|row| ((row.kind.as_str(), row.key.as_str()), row.body.as_str())).collect();
        let mut changes = Self { ended: BTreeMap::new(), begun: Vec::new() };
        for row in &change.rows {
            match stored.remove(&(row.kind.as_str(), row.key.as_str())) {
                Some(body) if body == row.body => {}
                before => {
                    if before.is_some() {
                        changes.end(&row.kind, &row.key);
                    }
                    changes.begun.push(row.clone());
                }
            }
        }
        if change.mode == ImportMode::Full {
            for (kind, key) in stored.keys() {
                changes.end(kind, key);
            }
        }
        changes
    }

    fn end(&mut self, kind: &str, key: &str) {
        self.ended.entry(kind.to_owned()).or_default().push(key.to_owned());
    }
}

/// Sorted here and not in SQL, where the order would depend on the collation of the database.
pub(super) fn sorted(mut rows: Vec<(String, String, String)>) -> Vec<CatalogRow> {
    rows.sort();
    rows.into_iter().map(|(kind, key, body)| CatalogRow { kind, key, body }).collect()
}

impl Change {
    async fn end_catalog_rows(&mut self, kind: &str, keys: &[String]) -> Result<(), StoreError> {
        let mut query = QueryBuilder::new("UPDATE catalog_rows SET until_revision = ");
        query.push_bind(self.revision);
        query.push(" WHERE until_revision IS NULL AND type = ").push_bind(kind).push(" AND key IN (");
        let mut list = query.separated(", ");
        for key in keys {
            list.push_bind(key);
        }
        query.push(")");
        query.build().execute(&mut *self.transaction).await?;
        Ok(())
    }

    async fn begin_catalog_rows(&mut self, rows: &[CatalogRow]) -> Result<(), StoreError> {
        let revision = self.revision;
        let mut query = QueryBuilder::new("INSERT INTO catalog_rows (type, key, from_revision, body) ");
        query.push_values(rows, |mut values, row| {
            values.push_bind(&row.kind).push_bind(&row.key).push_bind(revision).push_bind(&row.body);
        });
        query.build().execute(&mut *self.transaction).await?;
        Ok(())
    }
}
