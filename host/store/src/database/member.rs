//! One member for people: shown with all it has, and its state changed; `members` reads members for pricing,
//! `member_rows` writes many.

use std::collections::BTreeMap;

use super::Database;
use super::member_record::member_record;
use crate::{
    AttributeRevision, AttributeValue, AuditEntry, MemberRecord, MemberView, Revision, StateChanged,
    StoreError,
};

type RevisionRow = (String, Revision, i64, Option<Revision>, Option<i64>);

impl Database {
    pub(crate) async fn member(&self, id: &str) -> Result<Option<MemberView>, StoreError> {
        let mut snapshot = self.begin_snapshot().await?;
        let query = "SELECT state, merged_into FROM members WHERE id = $1";
        let found: Option<(String, Option<String>)> =
            sqlx::query_as(query).bind(id).fetch_optional(&mut *snapshot).await?;
        let Some((state, merged_into)) = found else { return Ok(None) };
        let Some(record) = member_record(&mut snapshot, id).await? else { return Ok(None) };
        let MemberRecord { identifiers, audiences, attributes, .. } = record;
        let written: Vec<(Revision, i64)> = sqlx::query_as(
            "SELECT revision, created_at FROM revisions WHERE revision IN
                 (SELECT from_revision FROM member_attributes WHERE member_id = $1 AND until_revision IS NULL)",
        )
        .bind(id)
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let written: BTreeMap<Revision, i64> = written.into_iter().collect();
        let at = |value: &AttributeValue| written.get(&value.revision).copied().unwrap_or_default();
        let attributes =
            attributes.into_iter().map(|value| (at(&value), value)).map(|(at, value)| (value, at));
        let attributes = attributes.collect();
        Ok(Some(MemberView { id: id.to_owned(), state, merged_into, identifiers, audiences, attributes }))
    }

    pub(crate) async fn attribute_revisions(
        &self,
        member_id: &str,
        name: &str,
        most: i64,
    ) -> Result<Vec<AttributeRevision>, StoreError> {
        let rows: Vec<RevisionRow> = sqlx::query_as(
            "SELECT a.value, a.from_revision, written.created_at, a.until_revision, ended.created_at
             FROM member_attributes AS a
             JOIN revisions AS written ON written.revision = a.from_revision
             LEFT JOIN revisions AS ended ON ended.revision = a.until_revision
             WHERE a.member_id = $1 AND a.name = $2 ORDER BY a.from_revision DESC LIMIT $3",
        )
        .bind(member_id)
        .bind(name)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let read = |(value, revision, written_at, until, ended_at)| AttributeRevision {
            value,
            revision,
            written_at,
            until,
            ended_at,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    pub(crate) async fn put_member_state(
        &self,
        id: &str,
        state: &str,
        audit: &AuditEntry,
    ) -> Result<StateChanged, StoreError> {
        let mut change = self.begin_change("member state", audit.at).await?;
        let query = "SELECT state, merged_into, revision FROM members WHERE id = $1";
        let found: Option<(String, Option<String>, Revision)> =
            sqlx::query_as(query).bind(id).fetch_optional(&mut *change.transaction).await?;
        match found {
            None => return Ok(StateChanged::Unknown),
            Some((_, Some(_), _)) => return Ok(StateChanged::Merged),
            Some((before, None, revision)) if before == state => return Ok(StateChanged::Done(revision)),
            Some(_) => {}
        }
        sqlx::query("UPDATE members SET state = $1, revision = $2 WHERE id = $3")
            .bind(state)
            .bind(change.revision)
            .bind(id)
            .execute(&mut *change.transaction)
            .await?;
        change.commit_audited(audit).await.map(StateChanged::Done)
    }
}
