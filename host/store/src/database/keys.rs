//! API keys and tokens of members, found by the digest of their text.

use sqlx::{FromRow, Row as _};

use super::dialect::DatabaseRow;
use super::{Database, audit, dialect};
use crate::{ApiKey, AuditEntry, MemberToken, StoreError};

const COLUMNS: &str = "digest, name, role, places, partner, created_at, expires_at, revoked_at, last_used_at";

impl Database {
    pub(crate) async fn add_key(&self, key: &ApiKey, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO api_keys (digest, name, role, places, partner, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&key.digest)
        .bind(&key.name)
        .bind(&key.role)
        .bind(Some(key.places.join("\n")).filter(|places| !places.is_empty()))
        .bind(&key.partner)
        .bind(key.created_at)
        .bind(key.expires_at)
        .execute(&mut *transaction)
        .await?;
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes the tokens that the key made, too. False if there is no key with this digest, or if it is revoked.
    pub(crate) async fn revoke_key(&self, digest: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let revoked =
            sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE digest = $2 AND revoked_at IS NULL")
                .bind(entry.at)
                .bind(digest)
                .execute(&mut *transaction)
                .await?;
        if revoked.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM member_tokens WHERE issued_by = $1")
            .bind(digest)
            .execute(&mut *transaction)
            .await?;
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The key with this digest, and the time of the database.
    pub(crate) async fn key(&self, digest: &str) -> Result<Option<(ApiKey, i64)>, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!("SELECT {COLUMNS}, {now} AS now_ms FROM api_keys WHERE digest = $1");
        let found = sqlx::query(sqlx::AssertSqlSafe(query)).bind(digest).fetch_optional(&self.pool).await?;
        let Some(row) = found else { return Ok(None) };
        let now_ms: i64 = row.try_get("now_ms")?;
        Ok(Some((Row::from_row(&row)?.read(), now_ms.div_euclid(1_000))))
    }

    pub(crate) async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM api_keys");
        let found: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&self.pool).await?;
        let mut keys: Vec<ApiKey> = found.into_iter().map(Row::read).collect();
        keys.sort_by(|one, other| (one.created_at, &one.digest).cmp(&(other.created_at, &other.digest)));
        Ok(keys)
    }

    pub(crate) async fn note_key_use(&self, digest: &str, at: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE api_keys SET last_used_at = $1 WHERE digest = $2 AND COALESCE(last_used_at, 0) < $1",
        )
        .bind(at)
        .bind(digest)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn add_member_token(
        &self,
        digest: &str,
        member_id: &str,
        issued_by: &str,
        seconds: i64,
    ) -> Result<MemberToken, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!(
            "INSERT INTO member_tokens (digest, member_id, issued_by, created_at, expires_at)
             VALUES ($1, $2, $3, {now} / 1000, {now} / 1000 + $4) RETURNING expires_at"
        );
        let expires_at: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .bind(digest)
            .bind(member_id)
            .bind(issued_by)
            .bind(seconds)
            .fetch_one(&self.writer)
            .await?;
        Ok(MemberToken { member_id: member_id.to_owned(), expires_at })
    }

    /// The token with this digest, and the time of the database.
    pub(crate) async fn member_token(&self, digest: &str) -> Result<Option<(MemberToken, i64)>, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!("SELECT member_id, expires_at, {now} FROM member_tokens WHERE digest = $1");
        let found: Option<(String, i64, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(digest).fetch_optional(&self.pool).await?;
        Ok(found.map(|(member_id, expires_at, now_ms)| {
            (MemberToken { member_id, expires_at }, now_ms.div_euclid(1_000))
        }))
    }

    pub(crate) async fn sweep_member_tokens(&self, before: i64) -> Result<u64, StoreError> {
        let swept = sqlx::query("DELETE FROM member_tokens WHERE expires_at < $1")
            .bind(before)
            .execute(&self.writer)
            .await?;
        Ok(swept.rows_affected())
    }
}

struct Row {
    digest: String,
    name: String,
    role: String,
    places: Option<String>,
    partner: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            digest: row.try_get("digest")?,
            name: row.try_get("name")?,
            role: row.try_get("role")?,
            places: row.try_get("places")?,
            partner: row.try_get("partner")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            revoked_at: row.try_get("revoked_at")?,
            last_used_at: row.try_get("last_used_at")?,
        })
    }
}

impl Row {
    fn read(self) -> ApiKey {
        ApiKey {
            digest: self.digest,
            name: self.name,
            role: self.role,
            places: self.places.iter().flat_map(|places| places.lines()).map(str::to_owned).collect(),
            partner: self.partner,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            last_used_at: self.last_used_at,
        }
    }
}
