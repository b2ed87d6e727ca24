use std::collections::BTreeMap;

use super::{Change, Database};
use crate::{Audience, AuditEntry, Revision, StoreError};

type Row = (String, Option<String>, Option<String>, Revision);

/// The number of members who were put into an audience: by a list, or by an import of members.
const SIZE: &str = "SELECT (SELECT COUNT(*) FROM audience_members AS m
                            JOIN audience_lists AS l ON l.list = m.list
                            WHERE l.audience = $1 AND l.in_force = 1)
                         + (SELECT COUNT(*) FROM member_audiences AS o WHERE o.audience = $1
                            AND NOT EXISTS (SELECT 1 FROM audience_members AS m
                                            JOIN audience_lists AS l ON l.list = m.list
                                            WHERE l.audience = $1 AND l.in_force = 1
                                              AND m.member_id = o.member_id))";

impl Database {
    pub(crate) async fn audiences(&self) -> Result<Vec<Audience>, StoreError> {
        let query = "SELECT name, title, rule, from_revision FROM audiences WHERE until_revision IS NULL";
        Ok(sorted(sqlx::query_as(query).fetch_all(&self.pool).await?))
    }

    pub(crate) async fn audiences_at(&self, revision: Revision) -> Result<Vec<Audience>, StoreError> {
        let query = "SELECT name, title, rule, from_revision FROM audiences
                     WHERE from_revision <= $1 AND (until_revision IS NULL OR until_revision > $1)";
        Ok(sorted(sqlx::query_as(query).bind(revision).fetch_all(&self.pool).await?))
    }

    pub(crate) async fn put_audience(
        &self,
        audience: &Audience,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("audience", audit.at).await?;
        change.end_definition(&audience.name).await?;
        sqlx::query("INSERT INTO audiences (name, from_revision, title, rule) VALUES ($1, $2, $3, $4)")
            .bind(&audience.name)
            .bind(change.revision)
            .bind(&audience.title)
            .bind(&audience.rule)
            .execute(&mut *change.transaction)
            .await?;
        change.commit_audited(audit).await
    }

    pub(crate) async fn end_audience(&self, name: &str, audit: &AuditEntry) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("audience", audit.at).await?;
        change.end_definition(name).await?;
        let replaced = change.end_list(name).await?;
        let revision = change.commit_audited(audit).await?;
        if let Some(list) = replaced {
            self.drop_audience_list(list).await?;
        }
        Ok(revision)
    }

    pub(crate) async fn audience_sizes(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT audience FROM audience_lists WHERE in_force = 1
             UNION SELECT DISTINCT audience FROM member_audiences",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut sizes = BTreeMap::new();
        for name in names {
            let size = self.audience_size(&name).await?;
            sizes.insert(name, size);
        }
        Ok(sizes)
    }

    pub(crate) async fn audience_size(&self, name: &str) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(SIZE).bind(name).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn has_audience_members(&self, name: &str) -> Result<bool, StoreError> {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT audience FROM member_audiences WHERE audience = $1
             UNION ALL
             SELECT l.audience FROM audience_lists AS l JOIN audience_members AS m ON m.list = l.list
             WHERE l.audience = $1 AND l.in_force = 1 LIMIT 1",
        )
        .bind(name)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.is_some())
    }
}

/// Sorted here and not in SQL, where the order would depend on the collation of the database.
fn sorted(mut rows: Vec<Row>) -> Vec<Audience> {
    rows.sort();
    let read = |(name, title, rule, revision)| Audience { name, title, rule, revision };
    rows.into_iter().map(read).collect()
}

impl Change {
    async fn end_definition(&mut self, name: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE audiences SET until_revision = $1 WHERE name = $2 AND until_revision IS NULL")
            .bind(self.revision)
            .bind(name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
