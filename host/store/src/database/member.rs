//! One member for people: shown with all it has, and its state changed; `members` reads members for pricing,
//! `member_rows` writes many.

use std::collections::BTreeMap;

use super::{Database, Transaction};
use crate::{AttributeRevision, AttributeValue, AuditEntry, MemberView, Revision, StateChanged, StoreError};

/// The data of a member outside its row in `members`.
pub(super) struct Known {
    pub identifiers: Vec<(String, String)>,
    pub audiences: Vec<String>,
    /// In ascending order of their names.
    pub attributes: Vec<AttributeValue>,
}

type RevisionRow = (String, Revision, i64, Option<Revision>, Option<i64>);

impl Database {
    pub(crate) async fn member(&self, id: &str) -> Result<Option<MemberView>, StoreError> {
        let mut snapshot = self.begin_snapshot().await?;
        let query = "SELECT state, merged_into FROM members WHERE id = $1";
        let found: Option<(String, Option<String>)> =
            sqlx::query_as(query).bind(id).fetch_optional(&mut *snapshot).await?;
        let Some((state, merged_into)) = found else { return Ok(None) };
        let Known { identifiers, audiences, attributes } = known(&mut snapshot, id).await?;
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

/// Reads the identifiers of a member in their order, and everything else in ascending order of names.
pub(super) async fn known(transaction: &mut Transaction, id: &str) -> Result<Known, StoreError> {
    // Those that came with a merger follow the member's own.
    let query = "SELECT kind, value FROM member_identifiers WHERE member_id = $1
                 ORDER BY CASE WHEN given_to IS NULL THEN 0 ELSE 1 END, ordinal, kind, value";
    let identifiers = sqlx::query_as(query).bind(id).fetch_all(&mut **transaction).await?;
    let mut audiences: Vec<String> = sqlx::query_scalar(
        "SELECT audience FROM member_audiences WHERE member_id = $1
         UNION
         SELECT l.audience FROM audience_members AS m JOIN audience_lists AS l ON l.list = m.list
         WHERE m.member_id = $1 AND l.in_force = 1",
    )
    .bind(id)
    .fetch_all(&mut **transaction)
    .await?;
    audiences.sort();
    let mut rows: Vec<(String, String, Revision)> = sqlx::query_as(
        "SELECT name, value, from_revision FROM member_attributes
         WHERE member_id = $1 AND until_revision IS NULL",
    )
    .bind(id)
    .fetch_all(&mut **transaction)
    .await?;
    rows.sort();
    let read = |(name, value, revision)| AttributeValue { name, value, revision };
    Ok(Known { identifiers, audiences, attributes: rows.into_iter().map(read).collect() })
}
