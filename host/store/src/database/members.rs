use std::collections::BTreeSet;

use super::ledger::Ledger;
use super::member::{Known, known};
use super::{Change, Database};
use crate::{AttributeValue, ImportMode, MemberChange, MemberRecord, Revision, StoreError};

impl Database {
    pub(crate) async fn has_member(&self, id: &str) -> Result<bool, StoreError> {
        let query = "SELECT COUNT(*) FROM members WHERE id = $1";
        let members: i64 = sqlx::query_scalar(query).bind(id).fetch_one(&self.pool).await?;
        Ok(members > 0)
    }

    pub(crate) async fn member_count(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&self.pool).await?)
    }

    pub(crate) async fn identifier_owner(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<String>, StoreError> {
        let query = "SELECT member_id FROM member_identifiers WHERE kind = $1 AND value = $2";
        Ok(sqlx::query_scalar(query).bind(kind).bind(value).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn member_by_identifier(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<MemberRecord>, StoreError> {
        // One transaction, so that all parts are of the same revision.
        let mut snapshot = self.begin_snapshot().await?;
        let found: Option<(String, String, String)> = sqlx::query_as(
            "SELECT id, state, points FROM members
             JOIN member_identifiers ON member_id = id WHERE kind = $1 AND value = $2",
        )
        .bind(kind)
        .bind(value)
        .fetch_optional(&mut *snapshot)
        .await?;
        let Some((id, state, points)) = found else { return Ok(None) };
        let Known { identifiers, audiences, attributes } = known(&mut snapshot, &id).await?;
        snapshot.commit().await?;
        let attributes = attributes.into_iter().map(|(attribute, _)| attribute).collect();
        let points_imported = 0;
        Ok(Some(MemberRecord { id, state, points, points_imported, identifiers, audiences, attributes }))
    }

    pub(crate) async fn change_members(
        &self,
        members: &MemberChange,
        at: i64,
    ) -> Result<Revision, StoreError> {
        let mut change = self.begin_change("members", at).await?;
        if members.mode == ImportMode::Full {
            change.remove_other_members(members).await?;
        }
        // All old identifiers go first: a card may move from one member of the import to another.
        for member in &members.members {
            change.remove_identifiers_and_audiences(&member.id).await?;
        }
        for member in &members.members {
            change.put_member(member, at).await?;
        }
        change.commit().await
    }
}

impl Change {
    async fn remove_other_members(&mut self, members: &MemberChange) -> Result<(), StoreError> {
        let kept: BTreeSet<&str> = members.members.iter().map(|member| member.id.as_str()).collect();
        let stored: Vec<String> =
            sqlx::query_scalar("SELECT id FROM members").fetch_all(&mut *self.transaction).await?;
        for id in stored.iter().filter(|id| !kept.contains(id.as_str())) {
            self.end_attributes(id, &[]).await?;
            sqlx::query("DELETE FROM members WHERE id = $1").bind(id).execute(&mut *self.transaction).await?;
        }
        Ok(())
    }

    async fn remove_identifiers_and_audiences(&mut self, member_id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM member_identifiers WHERE member_id = $1")
            .bind(member_id)
            .execute(&mut *self.transaction)
            .await?;
        sqlx::query("DELETE FROM member_audiences WHERE member_id = $1")
            .bind(member_id)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    async fn put_member(&mut self, member: &MemberRecord, at: i64) -> Result<(), StoreError> {
        let before: Option<i64> = sqlx::query_scalar("SELECT points_imported FROM members WHERE id = $1")
            .bind(&member.id)
            .fetch_optional(&mut *self.transaction)
            .await?;
        sqlx::query(
            "INSERT INTO members (id, state, points, revision, points_imported) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE
             SET state = excluded.state, points = excluded.points, revision = excluded.revision,
                 points_imported = excluded.points_imported",
        )
        .bind(&member.id)
        .bind(&member.state)
        .bind(&member.points)
        .bind(self.revision)
        .bind(member.points_imported)
        .execute(&mut *self.transaction)
        .await?;
        let points = member.points_imported.saturating_sub(before.unwrap_or(0));
        if points != 0 {
            Ledger::open(&mut self.transaction, &member.id, at).await?.import(points).await?;
        }
        for (ordinal, (kind, value)) in (0_i64..).zip(&member.identifiers) {
            sqlx::query(
                "INSERT INTO member_identifiers (kind, value, member_id, ordinal) VALUES ($1, $2, $3, $4)",
            )
            .bind(kind)
            .bind(value)
            .bind(&member.id)
            .bind(ordinal)
            .execute(&mut *self.transaction)
            .await?;
        }
        for audience in member.audiences.iter().collect::<BTreeSet<_>>() {
            sqlx::query("INSERT INTO member_audiences (member_id, audience) VALUES ($1, $2)")
                .bind(&member.id)
                .bind(audience)
                .execute(&mut *self.transaction)
                .await?;
        }
        self.put_attributes(member).await
    }

    async fn put_attributes(&mut self, member: &MemberRecord) -> Result<(), StoreError> {
        let unchanged = self.end_attributes(&member.id, &member.attributes).await?;
        for attribute in member.attributes.iter().filter(|attribute| !unchanged.contains(&attribute.name)) {
            sqlx::query(
                "INSERT INTO member_attributes (member_id, name, from_revision, value)
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(&member.id)
            .bind(&attribute.name)
            .bind(self.revision)
            .bind(&attribute.value)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Ends the values that are not among `next`; answers the names of those that stay.
    async fn end_attributes(
        &mut self,
        member_id: &str,
        next: &[AttributeValue],
    ) -> Result<BTreeSet<String>, StoreError> {
        let current: Vec<(String, String)> = sqlx::query_as(
            "SELECT name, value FROM member_attributes WHERE member_id = $1 AND until_revision IS NULL",
        )
        .bind(member_id)
        .fetch_all(&mut *self.transaction)
        .await?;
        let mut unchanged = BTreeSet::new();
        for (name, value) in current {
            if next.iter().any(|attribute| attribute.name == name && attribute.value == value) {
                unchanged.insert(name);
                continue;
            }
            sqlx::query(
                "UPDATE member_attributes SET until_revision = $1
                 WHERE member_id = $2 AND name = $3 AND until_revision IS NULL",
            )
            .bind(self.revision)
            .bind(member_id)
            .bind(&name)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(unchanged)
    }
}
