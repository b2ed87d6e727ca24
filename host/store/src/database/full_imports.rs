//! Full imports: removes the members that they do not name.

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::ledger::Ledger;
use super::{Change, Database};
use crate::{Revision, StoreError};

impl Database {
    /// Removes members that no import since a revision has named, at most `most`, and returns how many. A survivor of
    /// a merger is also named by the ids that were merged into it; if none is named, they all go.
    pub(crate) async fn remove_members_before(
        &self,
        revision: Revision,
        most: i64,
        at: i64,
    ) -> Result<u64, StoreError> {
        let mut change = self.begin_change("members", at).await?;
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM members WHERE revision < $1 AND merged_into IS NULL
               AND NOT EXISTS (SELECT 1 FROM members AS gone
                               WHERE gone.merged_into = members.id AND gone.revision >= $1)
             LIMIT $2",
        )
        .bind(revision)
        .bind(most)
        .fetch_all(&mut *change.transaction)
        .await?;
        for ids in ids.chunks(ROWS_MAX) {
            change.remove(ids).await?;
        }
        if !ids.is_empty() {
            change.commit().await?;
        }
        Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
    }

    /// Takes away the imported points of ids that no import since a revision has named, at most `most`, and returns
    /// of how many. Once the other members are removed, these are members that were merged into others, and
    /// survivors that were named by the id of a merged one.
    pub(crate) async fn clear_balances_before(
        &self,
        revision: Revision,
        most: i64,
        at: i64,
    ) -> Result<u64, StoreError> {
        let mut change = self.begin_change("members", at).await?;
        let balances: Vec<(String, i64)> = sqlx::query_as(
            "SELECT id, points_imported FROM members
             WHERE revision < $1 AND points_imported <> 0 ORDER BY id LIMIT $2",
        )
        .bind(revision)
        .bind(most)
        .fetch_all(&mut *change.transaction)
        .await?;
        for (id, imported) in &balances {
            let change_of = imported.checked_neg();
            let change_of =
                change_of.ok_or_else(|| StoreError::TooLarge(format!("the points of member `{id}`")))?;
            Ledger::open(&mut change.transaction, id, at).await?.import(change_of).await?;
            sqlx::query("UPDATE members SET points_imported = 0, points = '0' WHERE id = $1")
                .bind(id)
                .execute(&mut *change.transaction)
                .await?;
        }
        if !balances.is_empty() {
            change.commit().await?;
        }
        Ok(u64::try_from(balances.len()).unwrap_or(u64::MAX))
    }
}

impl Change {
    /// Attribute values are ended and not deleted, so that stored answers can still be explained. Ledgers stay: a
    /// later import of the same id goes on with what was booked.
    async fn remove(&mut self, ids: &[String]) -> Result<(), StoreError> {
        let mut query = statement("UPDATE member_attributes SET until_revision = ");
        query.push_bind(self.revision).push(" WHERE until_revision IS NULL AND member_id IN ");
        push_texts(&mut query, ids.iter().map(String::as_str));
        query.build().execute(&mut *self.transaction).await?;
        for column in ["merged_into", "id"] {
            let mut query = statement("DELETE FROM members WHERE ");
            query.push(column).push(" IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            query.build().execute(&mut *self.transaction).await?;
        }
        Ok(())
    }
}
