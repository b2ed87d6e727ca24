use super::{Database, audit, dialect};
use crate::{AuditEntry, PartnerKey, StoreError};

type Row = (String, String, String, i64, Option<i64>);

impl Database {
    /// False if there is a key with this id.
    pub(crate) async fn add_partner_key(
        &self,
        key: &PartnerKey,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let added = sqlx::query(
            "INSERT INTO partner_keys (id, partner, public_key, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&key.id)
        .bind(&key.partner)
        .bind(&key.public_key)
        .bind(key.created_at)
        .execute(&mut *transaction)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// False if there is no key with this id, or if it is revoked.
    pub(crate) async fn revoke_partner_key(&self, id: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let revoked =
            sqlx::query("UPDATE partner_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(entry.at)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        if revoked.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn partner_key(&self, id: &str) -> Result<Option<PartnerKey>, StoreError> {
        let query = "SELECT id, partner, public_key, created_at, revoked_at FROM partner_keys WHERE id = $1";
        let row: Option<Row> = sqlx::query_as(query).bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(read))
    }

    pub(crate) async fn partner_keys(&self, partner: &str) -> Result<Vec<PartnerKey>, StoreError> {
        let query =
            "SELECT id, partner, public_key, created_at, revoked_at FROM partner_keys WHERE partner = $1";
        let mut rows: Vec<Row> = sqlx::query_as(query).bind(partner).fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows.into_iter().map(read).collect())
    }
}

fn read((id, partner, public_key, created_at, revoked_at): Row) -> PartnerKey {
    PartnerKey { id, partner, public_key, created_at, revoked_at }
}
