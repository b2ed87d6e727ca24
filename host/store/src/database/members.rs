//! Reads members for pricing, one at a time; `member` shows and changes one, `member_rows` writes many.

use domain::caseless::folded_identifier;

use super::Database;
use super::identifiers::as_stored;
use super::member_record::{BY_ID, BY_IDENTIFIER, FOR_SALE, read, read_for_sale};
use crate::{AttributeValue, MemberRecord, Revision, StoreError};

impl Database {
    pub(crate) async fn has_member(&self, id: &str) -> Result<bool, StoreError> {
        let query = "SELECT COUNT(*) FROM members WHERE id = $1";
        let members: i64 = sqlx::query_scalar(query).bind(id).fetch_one(&self.pool).await?;
        Ok(members > 0)
    }

    pub(crate) async fn member_ids_after(&self, after: &str, most: i64) -> Result<Vec<String>, StoreError> {
        let query = "SELECT id FROM members WHERE id > $1 AND merged_into IS NULL ORDER BY id LIMIT $2";
        Ok(sqlx::query_scalar(query).bind(after).bind(most).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn member_count(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&self.pool).await?)
    }

    pub(crate) async fn member_by_identifier(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<MemberRecord>, StoreError> {
        let (compared_kind, compared_value) = folded_identifier(kind, value);
        let rows = sqlx::query_as(BY_IDENTIFIER)
            .bind(compared_value)
            .bind(compared_kind)
            .bind(as_stored(kind))
            .bind(as_stored(value))
            .fetch_all(&self.pool)
            .await?;
        read(rows)
    }

    /// With the points that a purchase may spend, those that it has reserved itself among them.
    pub(crate) async fn member_for_sale(
        &self,
        kind: &str,
        value: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<Option<(MemberRecord, i64)>, StoreError> {
        let (compared_kind, compared_value) = folded_identifier(kind, value);
        let rows = sqlx::query_as(FOR_SALE)
            .bind(compared_value)
            .bind(compared_kind)
            .bind(as_stored(kind))
            .bind(as_stored(value))
            .bind(now)
            .bind(except_purchase)
            .fetch_all(&self.pool)
            .await?;
        read_for_sale(rows)
    }

    pub(crate) async fn member_record(&self, id: &str) -> Result<Option<MemberRecord>, StoreError> {
        read(sqlx::query_as(BY_ID).bind(id).fetch_all(&self.pool).await?)
    }

    /// The values that attributes of a member got at the given revisions.
    pub(crate) async fn attribute_values(
        &self,
        member_id: &str,
        wanted: &[(String, Revision)],
    ) -> Result<Vec<AttributeValue>, StoreError> {
        let mut values = Vec::with_capacity(wanted.len());
        for (name, revision) in wanted {
            let value: Option<String> = sqlx::query_scalar(
                "SELECT value FROM member_attributes
                 WHERE member_id = $1 AND name = $2 AND from_revision = $3",
            )
            .bind(member_id)
            .bind(name)
            .bind(revision)
            .fetch_optional(&self.pool)
            .await?;
            let (name, revision) = (name.clone(), *revision);
            values.extend(value.map(|value| AttributeValue { name, value, revision }));
        }
        Ok(values)
    }
}
