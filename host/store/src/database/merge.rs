//! Merges one member into another, in one transaction.
//!
//! Rows are written in the order in which purchases write them (purchases, counters, members), so that
//! a merger and a till cannot deadlock.

use std::collections::BTreeMap;

use super::ledger::lock;
use super::member_record::member_record;
use super::{Change, Database};
use crate::{AttributeValue, AuditEntry, Counts, Merge, MergeAttributes, Merged, Revision, StoreError};

/// Offer, scope, uses, money, points, and the end of the reservation; none if the purchase is confirmed.
type GrantRow = (String, String, i64, i64, i64, Option<i64>);

impl Database {
    pub(crate) async fn merge_members(
        &self,
        merge: &Merge,
        attributes: MergeAttributes<'_>,
        audit: &AuditEntry,
    ) -> Result<Merged, StoreError> {
        let mut change = self.begin_change("merge", audit.at).await?;
        if let Some(answer) = change.finished_already(merge).await? {
            return Ok(answer);
        }
        change.move_purchases(merge).await?;
        change.move_counters(merge).await?;
        change.move_coupons(merge).await?;
        change.move_messages(merge).await?;
        lock(&mut change.transaction, &merge.from).await?;
        lock(&mut change.transaction, &merge.into).await?;
        change.move_points(merge).await?;
        change.merge_attributes(merge, attributes).await?;
        change.move_answers(merge).await?;
        change.move_identifiers(merge).await?;
        change.unite_audiences(merge).await?;
        change.end_member(merge).await?;
        change.commit_audited(audit).await.map(Merged::Done)
    }
}

impl Change {
    /// The result if the two cannot be merged, or are merged already; none if they can be merged.
    async fn finished_already(&mut self, merge: &Merge) -> Result<Option<Merged>, StoreError> {
        for id in [&merge.from, &merge.into] {
            let query = "SELECT merged_into, revision FROM members WHERE id = $1";
            let found: Option<(Option<String>, Revision)> =
                sqlx::query_as(query).bind(id).fetch_optional(&mut *self.transaction).await?;
            match found {
                None => return Ok(Some(Merged::Unknown(id.clone()))),
                Some((Some(into), revision)) if *id == merge.from && into == merge.into => {
                    return Ok(Some(Merged::Done(revision)));
                }
                Some((Some(into), _)) => {
                    return Ok(Some(Merged::Already { member: id.clone(), into }));
                }
                Some((None, _)) => {}
            }
        }
        Ok(None)
    }

    /// Moves the purchases and counts up their versions: a till that has read one of them must read it
    /// again, since its member and counters changed.
    async fn move_purchases(&mut self, merge: &Merge) -> Result<(), StoreError> {
        sqlx::query("UPDATE purchases SET member_id = $1, version = version + 1 WHERE member_id = $2")
            .bind(&merge.into)
            .bind(&merge.from)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Moves the counts of the member's own limits to the counters of the survivor. The emptied counters
    /// stay, since a calculation that is under way may write them.
    async fn move_counters(&mut self, merge: &Merge) -> Result<(), StoreError> {
        let grants: Vec<GrantRow> = sqlx::query_as(
            "SELECT g.offer, g.scope, g.uses, g.money, g.points, g.expires_at FROM counter_grants AS g
             JOIN purchases AS p ON p.id = g.purchase_id WHERE p.member_id = $1",
        )
        .bind(&merge.into)
        .fetch_all(&mut *self.transaction)
        .await?;
        let (from, into) = &merge.scopes;
        // Always in the same order, so that two transactions cannot deadlock.
        let mut taken: BTreeMap<(String, String), Counts> = BTreeMap::new();
        for (offer, scope, uses, money, points, expires_at) in grants {
            let Some(rest) = scope.strip_prefix(from.as_str()).map(str::to_owned) else { continue };
            let counts = taken.entry((offer, rest)).or_default();
            if expires_at.is_none() {
                *counts = counts.and(Counts { uses, money, points })?;
            }
        }
        for ((offer, rest), counts) in taken {
            self.move_counter(&offer, (&format!("{from}{rest}"), &format!("{into}{rest}")), counts).await?;
            sqlx::query(
                "UPDATE counter_grants SET scope = $1 WHERE offer = $2 AND scope = $3
                 AND purchase_id IN (SELECT id FROM purchases WHERE member_id = $4)",
            )
            .bind(format!("{into}{rest}"))
            .bind(&offer)
            .bind(format!("{from}{rest}"))
            .bind(&merge.into)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    async fn move_counter(
        &mut self,
        offer: &str,
        (from, into): (&str, &str),
        taken: Counts,
    ) -> Result<(), StoreError> {
        for (scope, sign) in [(from, -1), (into, 1)] {
            let moved = taken.times(sign)?;
            sqlx::query(
                "INSERT INTO counters (offer, scope, uses, money, points) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (offer, scope) DO UPDATE
                 SET uses = counters.uses + excluded.uses, money = counters.money + excluded.money,
                     points = counters.points + excluded.points",
            )
            .bind(offer)
            .bind(scope)
            .bind(moved.uses)
            .bind(moved.money)
            .bind(moved.points)
            .execute(&mut *self.transaction)
            .await?;
        }
        Ok(())
    }

    /// Moves lots, entries and reservations. Entries get new numbers and the new member; nothing else of
    /// them changes.
    async fn move_points(&mut self, merge: &Merge) -> Result<(), StoreError> {
        let offset: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM point_entries WHERE member_id = $1")
                .bind(&merge.into)
                .fetch_one(&mut *self.transaction)
                .await?;
        for query in [
            "UPDATE point_lots SET member_id = $1, number = number + $2 WHERE member_id = $3",
            "UPDATE point_entries SET member_id = $1, number = number + $2, lot = lot + $2 WHERE member_id = $3",
        ] {
            sqlx::query(query)
                .bind(&merge.into)
                .bind(offset)
                .bind(&merge.from)
                .execute(&mut *self.transaction)
                .await?;
        }
        sqlx::query("UPDATE point_reservations SET member_id = $1 WHERE member_id = $2")
            .bind(&merge.into)
            .bind(&merge.from)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// The attributes of a member before the merger, in ascending order of their names.
    async fn attributes_of(&mut self, member_id: &str) -> Result<Vec<AttributeValue>, StoreError> {
        let record = member_record(&mut self.transaction, member_id).await?;
        Ok(record.map(|record| record.attributes).unwrap_or_default())
    }

    async fn merge_attributes(
        &mut self,
        merge: &Merge,
        attributes: MergeAttributes<'_>,
    ) -> Result<(), StoreError> {
        let own = self.attributes_of(&merge.into).await?;
        let others = self.attributes_of(&merge.from).await?;
        for value in attributes(&own, &others) {
            let before = own.iter().find(|before| before.name == value.name);
            if before.is_some_and(|before| before.value == value.value) {
                continue;
            }
            self.end_values(&merge.into, Some(&value.name)).await?;
            sqlx::query(
                "INSERT INTO member_attributes (member_id, name, from_revision, value) VALUES ($1, $2, $3, $4)",
            )
            .bind(&merge.into)
            .bind(&value.name)
            .bind(self.revision)
            .bind(&value.value)
            .execute(&mut *self.transaction)
            .await?;
        }
        self.end_values(&merge.from, None).await
    }

    /// Moves the answers to personal offers, except where the survivor has an answer of its own.
    async fn move_answers(&mut self, merge: &Merge) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE personal_answers SET member_id = $1
             WHERE member_id = $2 AND until_revision IS NULL
               AND NOT EXISTS (SELECT 1 FROM personal_answers AS own
                               WHERE own.member_id = $1 AND own.attribute = personal_answers.attribute
                                 AND own.item = personal_answers.item AND own.until_revision IS NULL)",
        )
        .bind(&merge.into)
        .bind(&merge.from)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Ends the value of one attribute, or of all if there is no name.
    async fn end_values(&mut self, member_id: &str, name: Option<&str>) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE member_attributes SET until_revision = $1
             WHERE member_id = $2 AND until_revision IS NULL AND name = COALESCE($3, name)",
        )
        .bind(self.revision)
        .bind(member_id)
        .bind(name)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Codes that were issued to the member become the survivor's.
    async fn move_coupons(&mut self, merge: &Merge) -> Result<(), StoreError> {
        let mut keys: Vec<String> = sqlx::query_scalar("SELECT key FROM coupons WHERE member_id = $1")
            .bind(&merge.from)
            .fetch_all(&mut *self.transaction)
            .await?;
        // Always in the same order, so that two transactions cannot deadlock.
        keys.sort();
        for key in keys {
            sqlx::query("UPDATE coupons SET member_id = $1 WHERE key = $2 AND member_id = $3")
                .bind(&merge.into)
                .bind(&key)
                .bind(&merge.from)
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }

    /// Messages for the member's next receipt are for the survivor's.
    async fn move_messages(&mut self, merge: &Merge) -> Result<(), StoreError> {
        let mut ids: Vec<String> = sqlx::query_scalar("SELECT id FROM till_messages WHERE member_id = $1")
            .bind(&merge.from)
            .fetch_all(&mut *self.transaction)
            .await?;
        // Always in the same order, so that two transactions cannot deadlock.
        ids.sort();
        for id in ids {
            sqlx::query("UPDATE till_messages SET member_id = $1 WHERE id = $2")
                .bind(&merge.into)
                .bind(&id)
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }

    /// Moves the identifiers, each with the id that it was given to, so that the survivor's own rows of an import
    /// leave it with the survivor.
    async fn move_identifiers(&mut self, merge: &Merge) -> Result<(), StoreError> {
        let next: i64 = sqlx::query_scalar(
            "SELECT COALESCE(MAX(ordinal), -1) + 1 FROM member_identifiers WHERE member_id = $1",
        )
        .bind(&merge.into)
        .fetch_one(&mut *self.transaction)
        .await?;
        sqlx::query(
            "UPDATE member_identifiers
             SET member_id = $1, ordinal = ordinal + $2, given_to = COALESCE(given_to, member_id)
             WHERE member_id = $3",
        )
        .bind(&merge.into)
        .bind(next)
        .bind(&merge.from)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    async fn unite_audiences(&mut self, merge: &Merge) -> Result<(), StoreError> {
        for query in [
            "INSERT INTO member_audiences (member_id, audience)
             SELECT CAST($1 AS TEXT), audience FROM member_audiences WHERE member_id = $2
             ON CONFLICT (member_id, audience) DO NOTHING",
            "INSERT INTO audience_members (list, member_id)
             SELECT list, CAST($1 AS TEXT) FROM audience_members WHERE member_id = $2
             ON CONFLICT (list, member_id) DO NOTHING",
        ] {
            sqlx::query(query).bind(&merge.into).bind(&merge.from).execute(&mut *self.transaction).await?;
        }
        for query in [
            "DELETE FROM member_audiences WHERE member_id = $1",
            "DELETE FROM audience_members WHERE member_id = $1",
        ] {
            sqlx::query(query).bind(&merge.from).execute(&mut *self.transaction).await?;
        }
        Ok(())
    }

    /// Marks the member as merged. The points that were imported under each id stay with it: the next import is
    /// compared with them by the id that it names.
    async fn end_member(&mut self, merge: &Merge) -> Result<(), StoreError> {
        sqlx::query("UPDATE members SET state = 'merged', merged_into = $1, revision = $2 WHERE id = $3")
            .bind(&merge.into)
            .bind(self.revision)
            .bind(&merge.from)
            .execute(&mut *self.transaction)
            .await?;
        // Members that were merged into it before point to the survivor directly.
        sqlx::query("UPDATE members SET merged_into = $1 WHERE merged_into = $2")
            .bind(&merge.into)
            .bind(&merge.from)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
