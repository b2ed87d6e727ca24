use std::collections::BTreeMap;

use super::dialect::QueryBuilder;
use super::{Change, Database};
use crate::{AuditEntry, CatalogChange, CatalogRow, ImportMode, Revision, StoreError};

/// Few enough that no statement has more variables than SQLite takes.
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
        let difference = Difference::of(catalog, &self.catalog_rows().await?);
        let mut change = self.begin_change("catalog", audit.at).await?;
        for (kind, keys) in &difference.ended {
            for keys in keys.chunks(ROWS_A_STATEMENT) {
                change.end_catalog_rows(kind, keys).await?;
            }
        }
        for rows in difference.begun.chunks(ROWS_A_STATEMENT) {
            change.begin_catalog_rows(rows).await?;
        }
        change.commit_audited(audit).await
    }
}

/// What a change does to the rows in force. An unchanged row keeps its history.
struct Difference {
    /// Keys by type.
    ended: BTreeMap<String, Vec<String>>,
    begun: Vec<CatalogRow>,
}

impl Difference {
    fn of(change: &CatalogChange, stored: &[CatalogRow]) -> Self {
        let mut stored: BTreeMap<(&str, &str), &str> =
            stored.iter().map(|row| ((row.kind.as_str(), row.key.as_str()), row.body.as_str())).collect();
        let mut difference = Self { ended: BTreeMap::new(), begun: Vec::new() };
        for row in &change.rows {
            match stored.remove(&(row.kind.as_str(), row.key.as_str())) {
                Some(body) if body == row.body => {}
                before => {
                    if before.is_some() {
                        difference.end(&row.kind, &row.key);
                    }
                    difference.begun.push(row.clone());
                }
            }
        }
        if change.mode == ImportMode::Full {
            for (kind, key) in stored.keys() {
                difference.end(kind, key);
            }
        }
        difference
    }

    fn end(&mut self, kind: &str, key: &str) {
        self.ended.entry(kind.to_owned()).or_default().push(key.to_owned());
    }
}

/// Here and not in SQL, where the order would be that of the database's language.
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
