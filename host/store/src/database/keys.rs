use super::Database;
use crate::{ApiKey, StoreError};

impl Database {
    pub(crate) async fn add_key(&self, digest: &str, key: &ApiKey, at: i64) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO api_keys (digest, name, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(digest)
            .bind(&key.name)
            .bind(&key.role)
            .bind(at)
            .execute(&self.writer)
            .await?;
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
