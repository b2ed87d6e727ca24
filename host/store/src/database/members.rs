//! Reads members for pricing, one at a time; `member` shows and changes one, `member_rows` writes many.

use domain::caseless::folded_identifier;

use super::answers::answers_of;
use super::identifiers::as_stored;
use super::member::{Known, known};
use super::{Database, Transaction};
use crate::{AttributeValue, MemberRecord, Revision, StoreError};

impl Database {
    pub(crate) async fn has_member(&self, id: &str) -> Result<bool, StoreError> {
        let query = "SELECT COUNT(*) FROM members WHERE id = $1";
        let members: i64 = sqlx::query_scalar(query).bind(id).fetch_one(&self.pool).await?;
        Ok(members > 0)
    }

    pub(crate) async fn member_count(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&self.pool).await?)
    }

    pub(crate) async fn member_by_identifier(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<MemberRecord>, StoreError> {
        // One snapshot, so that all parts are of the same revision.
        let mut snapshot = self.begin_snapshot().await?;
        let (compared_kind, compared_value) = folded_identifier(kind, value);
        // As written: older releases let members have identifiers that compare as one, or did not fold them.
        let found: Option<Row> = sqlx::query_as(
            "SELECT m.id, m.state, m.points FROM member_identifiers AS i JOIN members AS m ON m.id = i.member_id
             WHERE (i.compared_value = $1 AND i.compared_kind = $2) OR (i.kind = $3 AND i.value = $4)
             ORDER BY CASE WHEN i.kind = $3 AND i.value = $4 THEN 0 ELSE 1 END, m.revision DESC, m.id LIMIT 1",
        )
        .bind(compared_value)
        .bind(compared_kind)
        .bind(as_stored(kind))
        .bind(as_stored(value))
        .fetch_optional(&mut *snapshot)
        .await?;
        let found = completed(&mut snapshot, found).await?;
        snapshot.commit().await?;
        Ok(found)
    }

    pub(crate) async fn member_record(&self, id: &str) -> Result<Option<MemberRecord>, StoreError> {
        let mut snapshot = self.begin_snapshot().await?;
        let query = "SELECT id, state, points FROM members WHERE id = $1";
        let found: Option<Row> = sqlx::query_as(query).bind(id).fetch_optional(&mut *snapshot).await?;
        let found = completed(&mut snapshot, found).await?;
        snapshot.commit().await?;
        Ok(found)
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

/// Id, state and imported points.
type Row = (String, String, String);

/// The member of a row, with its identifiers, audiences, attributes and answers.
async fn completed(snapshot: &mut Transaction, row: Option<Row>) -> Result<Option<MemberRecord>, StoreError> {
    let Some((id, state, points)) = row else { return Ok(None) };
    let Known { identifiers, audiences, attributes } = known(snapshot, &id).await?;
    let answers = answers_of(snapshot, &id).await?;
    Ok(Some(MemberRecord { id, state, points, identifiers, audiences, attributes, answers }))
}
