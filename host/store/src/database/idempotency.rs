use super::{Database, Transaction};
use crate::{Idempotent, PurchaseUpdate, StoreError, StoredAnswer};

impl Database {
    /// Stores the answer to a call that changed nothing. False if the key is taken.
    pub(crate) async fn remember(&self, key: &Idempotent, body: &str, at: i64) -> Result<bool, StoreError> {
        let mut transaction = self.begin_short().await?;
        let stored = remember_as(&mut transaction, key, 200, body, at).await?;
        transaction.commit().await?;
        Ok(stored)
    }

    pub(crate) async fn stored_answer(
        &self,
        caller: &str,
        key: &str,
    ) -> Result<Option<StoredAnswer>, StoreError> {
        let found: Option<(String, i64, String)> = sqlx::query_as(
            "SELECT fingerprint, status, body FROM idempotency_keys WHERE caller = $1 AND key = $2",
        )
        .bind(caller)
        .bind(key)
        .fetch_optional(&self.pool)
        .await?;
        let Some((fingerprint, status, body)) = found else { return Ok(None) };
        let status = u16::try_from(status).map_err(|_| {
            StoreError::Damaged(format!("idempotency key {key}: status {status} is out of range"))
        })?;
        Ok(Some(StoredAnswer { fingerprint, status, body }))
    }
}

/// Stores the answer of an update under the call's key. False if the key is taken.
pub(super) async fn remember(
    transaction: &mut Transaction,
    update: &PurchaseUpdate,
) -> Result<bool, StoreError> {
    match &update.key {
        Some(key) => remember_as(transaction, key, 200, &update.answer, update.at).await,
        None => Ok(true),
    }
}

pub(super) async fn remember_as(
    transaction: &mut Transaction,
    key: &Idempotent,
    status: i64,
    body: &str,
    at: i64,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO idempotency_keys (caller, key, fingerprint, status, body, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller, key) DO NOTHING",
    )
    .bind(&key.caller)
    .bind(&key.key)
    .bind(&key.fingerprint)
    .bind(status)
    .bind(body)
    .bind(at)
    .execute(&mut **transaction)
    .await?;
    Ok(inserted.rows_affected() > 0)
}
