//! Definitions of the attributes of members; their values are written in `member_rows` and read in `members`.

use super::Database;
use crate::{Attribute, AuditEntry, Revision, StoreError};

type Row = (String, String, Option<String>, String, Revision);

impl Database {
    /// Stores a definition; `None`, and nothing stored, if its type would change although members have values.
    pub(crate) async fn put_attribute(
        &self,
        attribute: &Attribute,
        audit: &AuditEntry,
    ) -> Result<Option<Revision>, StoreError> {
        let mut change = self.begin_change("attribute", audit.at).await?;
        let in_use: Option<i64> = sqlx::query_scalar(
            "SELECT revision FROM attributes WHERE name = $1 AND type <> $2
             AND EXISTS (SELECT 1 FROM member_attributes
                         WHERE member_attributes.name = attributes.name AND until_revision IS NULL)",
        )
        .bind(&attribute.name)
        .bind(&attribute.kind)
        .fetch_optional(&mut *change.transaction)
        .await?;
        if in_use.is_some() {
            return Ok(None);
        }
        sqlx::query(
            "INSERT INTO attributes (name, type, title, merge, revision) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO UPDATE
             SET type = excluded.type, title = excluded.title, merge = excluded.merge,
                 revision = excluded.revision",
        )
        .bind(&attribute.name)
        .bind(&attribute.kind)
        .bind(&attribute.title)
        .bind(&attribute.merge)
        .bind(change.revision)
        .execute(&mut *change.transaction)
        .await?;
        change.commit_audited(audit).await.map(Some)
    }

    pub(crate) async fn attribute(&self, name: &str) -> Result<Option<Attribute>, StoreError> {
        let query = "SELECT name, type, title, merge, revision FROM attributes WHERE name = $1";
        let found: Option<Row> = sqlx::query_as(query).bind(name).fetch_optional(&self.pool).await?;
        Ok(found.map(read))
    }

    pub(crate) async fn attributes(&self) -> Result<Vec<Attribute>, StoreError> {
        let query = "SELECT name, type, title, merge, revision FROM attributes";
        let mut rows: Vec<Row> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows.into_iter().map(read).collect())
    }
}

fn read((name, kind, title, merge, revision): Row) -> Attribute {
    Attribute { name, kind, title, merge, revision }
}
