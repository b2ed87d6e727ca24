//! API keys, found by the digest of their text.

use super::{Database, audit, dialect};
use crate::{ApiKey, AuditEntry, StoreError};

impl Database {
    pub(crate) async fn add_key(
        &self,
        digest: &str,
        key: &ApiKey,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        sqlx::query("INSERT INTO api_keys (digest, name, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(digest)
            .bind(&key.name)
            .bind(&key.role)
            .bind(entry.at)
            .execute(&mut *transaction)
            .await?;
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn key(&self, digest: &str) -> Result<Option<ApiKey>, StoreError> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT name, role FROM api_keys WHERE digest = $1")
                .bind(digest)
                .fetch_optional(&self.pool)
                .await?;
        Ok(found.map(|(name, role)| ApiKey { name, role }))
    }
}
