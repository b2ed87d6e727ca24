//! Members by what has changed of them: profiles, states, attributes that began or ended, mergers. Read in the order of
//! revisions, which become visible in their order.

use super::Database;
use crate::{ChangedMembers, MemberPlace, Revision, StoreError};

/// Revisions that are looked at together: a batch of an import is one of them.
const REVISIONS: i64 = 20;

impl Database {
    /// The latest revision that changed members. One search of the index for each kind of change.
    pub(crate) async fn members_revision(&self) -> Result<Revision, StoreError> {
        let query = "SELECT COALESCE(MAX(last), 0) FROM (
            SELECT MAX(revision) AS last FROM revisions WHERE change = 'members'
            UNION ALL SELECT MAX(revision) FROM revisions WHERE change = 'member state'
            UNION ALL SELECT MAX(revision) FROM revisions WHERE change = 'merge') AS kinds";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn changed_members(
        &self,
        from: &MemberPlace,
        most: i64,
    ) -> Result<Option<ChangedMembers>, StoreError> {
        let revisions: Vec<Revision> = sqlx::query_scalar(
            "SELECT revision FROM (
                 SELECT revision FROM (SELECT revision FROM revisions
                     WHERE change = 'members' AND revision >= $1 ORDER BY revision LIMIT $2) AS imports
                 UNION ALL SELECT revision FROM (SELECT revision FROM revisions
                     WHERE change = 'member state' AND revision >= $1 ORDER BY revision LIMIT $2) AS states
                 UNION ALL SELECT revision FROM (SELECT revision FROM revisions
                     WHERE change = 'merge' AND revision >= $1 ORDER BY revision LIMIT $2) AS mergers) AS kinds
             ORDER BY revision LIMIT $2",
        )
        .bind(from.revision)
        .bind(REVISIONS)
        .fetch_all(&self.pool)
        .await?;
        let (Some(first), Some(last)) = (revisions.first().copied(), revisions.last().copied()) else {
            return Ok(None);
        };
        let rows: Vec<(Revision, String)> = sqlx::query_as(
            "SELECT revision, id FROM (
                 SELECT revision, id FROM members WHERE revision BETWEEN $1 AND $2
                 UNION SELECT from_revision, member_id FROM member_attributes
                       WHERE from_revision BETWEEN $1 AND $2
                 UNION SELECT until_revision, member_id FROM member_attributes
                       WHERE until_revision IS NOT NULL AND until_revision BETWEEN $1 AND $2) AS changed
             WHERE revision > $3 OR id > $4 ORDER BY revision, id LIMIT $5",
        )
        .bind(first)
        .bind(last)
        .bind(from.revision)
        .bind(&from.member_id)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let is_all = i64::try_from(rows.len()).is_ok_and(|rows| rows < most);
        let next = match rows.last() {
            Some((revision, id)) if !is_all => MemberPlace { revision: *revision, member_id: id.clone() },
            _ => MemberPlace { revision: last.saturating_add(1), member_id: String::new() },
        };
        let mut ids: Vec<String> = rows.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Some(ChangedMembers { ids, next }))
    }
}
