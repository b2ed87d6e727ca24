use std::collections::BTreeMap;

use super::{Change, Database};
use crate::{CatalogChange, CatalogRow, ImportMode, Revision, StoreError};

impl Database {
    pub(crate) async fn catalog_rows(&self) -> Result<Vec<CatalogRow>, StoreError> {
        let rows: Vec<(String, String, String)> =
            sqlx::query_as("SELECT type, key, body FROM catalog_rows WHERE until_revision IS NULL")
                .fetch_all(&self.pool)
                .await?;
        Ok(sorted(rows))
    }

    pub(crate) async fn change_catalog(
        &self,
        catalog: &CatalogChange,
        at: i64,
    ) -> Result<Revision, StoreError> {
        let stored: BTreeMap<(String, String), String> =
            self.catalog_rows().await?.into_iter().map(|row| ((row.kind, row.key), row.body)).collect();
        let mut change = self.begin_change("catalog", at).await?;
        let mut gone = stored.clone();
        for row in &catalog.rows {
            let id = (row.kind.clone(), row.key.clone());
            gone.remove(&id);
            match stored.get(&id) {
                // An unchanged row keeps its history.
                Some(body) if *body == row.body => {}
                before => {
                    if before.is_some() {
                        change.end_catalog_row(&row.kind, &row.key).await?;
                    }
                    change.begin_catalog_row(row).await?;
                }
            }
        }
        if catalog.mode == ImportMode::Full {
            for (kind, key) in gone.keys() {
                change.end_catalog_row(kind, key).await?;
            }
        }
        change.commit().await
    }
}

/// Here and not in SQL, where the order would be that of the database's language.
pub(super) fn sorted(mut rows: Vec<(String, String, String)>) -> Vec<CatalogRow> {
    rows.sort();
    rows.into_iter().map(|(kind, key, body)| CatalogRow { kind, key, body }).collect()
}

impl Change {
    async fn end_catalog_row(&mut self, kind: &str, key: &str) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE catalog_rows SET until_revision = $1
             WHERE type = $2 AND key = $3 AND until_revision IS NULL",
        )
        .bind(self.revision)
        .bind(kind)
        .bind(key)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn begin_catalog_row(&mut self, row: &CatalogRow) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO catalog_rows (type, key, from_revision, body) VALUES ($1, $2, $3, $4)")
            .bind(&row.kind)
            .bind(&row.key)
            .bind(self.revision)
            .bind(&row.body)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
