//! Uploaded lists of members. They are filled and applied a few thousand members at a time, so that
//! other writers wait for a short time only.

use std::collections::BTreeMap;

use super::identifiers::owners;
use super::{Change, Database, Transaction};
use crate::{AuditEntry, ListEffect, ListedMember, Revision, StoreError};

/// Members of a list that one transaction moves at most.
const BATCH: i64 = 5_000;

impl Database {
    pub(crate) async fn begin_audience_list(&self, audience: &str, at: i64) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await?;
        // Lists are numbered one after the other.
        super::dialect::lock_revisions(&mut transaction).await?;
        let list = sqlx::query_scalar(
            "INSERT INTO audience_lists (list, audience, in_force, created_at)
             SELECT COALESCE(MAX(list), 0) + 1, $1, 0, $2 FROM audience_lists RETURNING list",
        )
        .bind(audience)
        .bind(at)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(list)
    }

    pub(crate) async fn extend_audience_list(
        &self,
        list: i64,
        members: &[ListedMember],
    ) -> Result<Vec<usize>, StoreError> {
        let mut transaction = self.begin().await?;
        let found = find(&mut transaction, members).await?;
        let ids: Vec<&String> = found.iter().flatten().collect();
        if !ids.is_empty() {
            let mut insert = sqlx::QueryBuilder::new("INSERT INTO audience_members (list, member_id) ");
            insert.push_values(ids, |mut row, id| {
                row.push_bind(list).push_bind(id);
            });
            insert.push(" ON CONFLICT (list, member_id) DO NOTHING");
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        let places = found.iter().enumerate();
        Ok(places.filter(|(_, found)| found.is_none()).map(|(place, _)| place).collect())
    }

    pub(crate) async fn apply_audience_list(
        &self,
        list: i64,
        effect: ListEffect,
        audit: &AuditEntry,
    ) -> Result<Option<Revision>, StoreError> {
        let mut change = self.begin_change("audience members", audit.at).await?;
        let Some(audience) = change.audience_of(list).await? else {
            drop(change);
            self.drop_audience_list(list).await?;
            return Ok(None);
        };
        let rest = match (effect, change.has_list(&audience).await?) {
            (ListEffect::Add | ListEffect::Remove, true) => {
                drop(change);
                self.apply_in_batches(list, effect).await?;
                change = self.begin_change("audience members", audit.at).await?;
                Some(list)
            }
            (ListEffect::Remove, false) => Some(list),
            (ListEffect::Add | ListEffect::Replace, _) => {
                let replaced = change.end_list(&audience).await?;
                sqlx::query("UPDATE audience_lists SET in_force = 1 WHERE list = $1")
                    .bind(list)
                    .execute(&mut *change.transaction)
                    .await?;
                replaced
            }
        };
        let revision = change.commit_audited(audit).await?;
        if let Some(list) = rest {
            self.drop_audience_list(list).await?;
        }
        Ok(Some(revision))
    }

    pub(crate) async fn drop_audience_list(&self, list: i64) -> Result<(), StoreError> {
        loop {
            let removed = sqlx::query(
                "DELETE FROM audience_members WHERE list = $1
                 AND member_id IN (SELECT member_id FROM audience_members WHERE list = $1 LIMIT $2)",
            )
            .bind(list)
            .bind(BATCH)
            .execute(&self.writer)
            .await?;
            if removed.rows_affected() == 0 {
                break;
            }
        }
        sqlx::query("DELETE FROM audience_lists WHERE list = $1 AND in_force = 0")
            .bind(list)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(crate) async fn sweep_audience_lists(&self, before: i64) -> Result<usize, StoreError> {
        let query = "SELECT list FROM audience_lists WHERE in_force = 0 AND created_at < $1";
        let lists: Vec<i64> = sqlx::query_scalar(query).bind(before).fetch_all(&self.pool).await?;
        for list in &lists {
            self.drop_audience_list(*list).await?;
        }
        Ok(lists.len())
    }

    /// Applies a list to the list in force, batch by batch. If another list comes into force meanwhile, the
    /// batches that follow are applied to that one.
    async fn apply_in_batches(&self, list: i64, effect: ListEffect) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let batch: Vec<String> = sqlx::query_scalar(
                "SELECT member_id FROM audience_members
                 WHERE list = $1 AND member_id > $2 ORDER BY member_id LIMIT $3",
            )
            .bind(list)
            .bind(&after)
            .bind(BATCH)
            .fetch_all(&self.pool)
            .await?;
            let Some(last) = batch.last() else { return Ok(()) };
            let query = match effect {
                ListEffect::Add | ListEffect::Replace => {
                    "INSERT INTO audience_members (list, member_id)
                     SELECT i.list, m.member_id FROM audience_members AS m
                     JOIN audience_lists AS l ON l.list = m.list
                     JOIN audience_lists AS i ON i.audience = l.audience AND i.in_force = 1
                     WHERE m.list = $1 AND m.member_id > $2 AND m.member_id <= $3
                     ON CONFLICT (list, member_id) DO NOTHING"
                }
                ListEffect::Remove => {
                    "DELETE FROM audience_members
                     WHERE list = (SELECT i.list FROM audience_lists AS i
                                   JOIN audience_lists AS l ON l.audience = i.audience
                                   WHERE l.list = $1 AND i.in_force = 1)
                       AND member_id IN (SELECT m.member_id FROM audience_members AS m
                                         WHERE m.list = $1 AND m.member_id > $2 AND m.member_id <= $3)"
                }
            };
            sqlx::query(query).bind(list).bind(&after).bind(last).execute(&self.writer).await?;
            after.clone_from(last);
        }
    }
}

impl Change {
    /// The audience of a list; none if it is no longer an uploaded one.
    async fn audience_of(&mut self, list: i64) -> Result<Option<String>, StoreError> {
        let query = "SELECT l.audience FROM audience_lists AS l
                     JOIN audiences AS a ON a.name = l.audience AND a.until_revision IS NULL
                     WHERE l.list = $1 AND a.rule IS NULL";
        Ok(sqlx::query_scalar(query).bind(list).fetch_optional(&mut *self.transaction).await?)
    }

    async fn has_list(&mut self, audience: &str) -> Result<bool, StoreError> {
        let query = "SELECT list FROM audience_lists WHERE audience = $1 AND in_force = 1";
        let found: Option<i64> =
            sqlx::query_scalar(query).bind(audience).fetch_optional(&mut *self.transaction).await?;
        Ok(found.is_some())
    }

    /// Takes the list of an audience out of force, and returns its number.
    pub(super) async fn end_list(&mut self, audience: &str) -> Result<Option<i64>, StoreError> {
        let query =
            "UPDATE audience_lists SET in_force = 0 WHERE audience = $1 AND in_force = 1 RETURNING list";
        Ok(sqlx::query_scalar(query).bind(audience).fetch_optional(&mut *self.transaction).await?)
    }
}

/// The ids of members, in the order of `members`; none for an unknown one. A merged member has the id of
/// its survivor.
async fn find(
    transaction: &mut Transaction,
    members: &[ListedMember],
) -> Result<Vec<Option<String>>, StoreError> {
    let by_id = find_ids(transaction, members).await?;
    let by_identifier = find_identifiers(transaction, members).await?;
    let found = members.iter().map(|member| match member {
        ListedMember::Id(id) => by_id.get(id).cloned(),
        ListedMember::Identifier(kind, value) => by_identifier.get(&(kind.clone(), value.clone())).cloned(),
    });
    Ok(found.collect())
}

async fn find_ids(
    transaction: &mut Transaction,
    members: &[ListedMember],
) -> Result<BTreeMap<String, String>, StoreError> {
    let ids: Vec<&String> = members
        .iter()
        .filter_map(|member| match member {
            ListedMember::Id(id) => Some(id),
            ListedMember::Identifier(..) => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut select =
        sqlx::QueryBuilder::new("SELECT id, COALESCE(merged_into, id) FROM members WHERE id IN (");
    let mut list = select.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    select.push(")");
    let found: Vec<(String, String)> = select.build_query_as().fetch_all(&mut **transaction).await?;
    Ok(found.into_iter().collect())
}

async fn find_identifiers(
    transaction: &mut Transaction,
    members: &[ListedMember],
) -> Result<BTreeMap<(String, String), String>, StoreError> {
    let asked: Vec<(&str, &str)> = members
        .iter()
        .filter_map(|member| match member {
            ListedMember::Id(_) => None,
            ListedMember::Identifier(kind, value) => Some((kind.as_str(), value.as_str())),
        })
        .collect();
    let owners = owners(transaction, &asked).await?;
    let found = asked.into_iter().zip(owners);
    Ok(found
        .filter_map(|((kind, value), owner)| Some(((kind.to_owned(), value.to_owned()), owner?.member_id)))
        .collect())
}
