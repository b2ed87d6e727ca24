//! Consents of members by channel and topic, and the list of members and addresses that are not written to.

use sqlx::{FromRow, Row as _};

use super::super::bulk::{ROWS_MAX, push_numbers, push_texts, statement};
use super::super::dialect::DatabaseRow;
use super::events::append;
use super::members::numbers_of;
use super::{Communications, Transaction, member_number};
use crate::{
    ConsentRow, MemberConsent, NewConsent, NewEvent, NewSuppression, StoreError, Subject, Suppressed,
    SuppressionRow,
};

type Answer = (i64, String, String, String, i64);

impl Communications {
    pub(crate) async fn add_consents(
        &self,
        consents: &[NewConsent],
        events: &[NewEvent],
    ) -> Result<Vec<bool>, StoreError> {
        let mut transaction = self.begin().await?;
        let subjects: Vec<&Subject> = consents.iter().map(|consent| &consent.subject).collect();
        let numbers = subject_numbers(&mut transaction, &subjects).await?;
        let mut added = Vec::with_capacity(consents.len());
        for (consent, number) in consents.iter().zip(numbers) {
            added.push(add_consent(&mut transaction, consent, number).await?);
        }
        append(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(added)
    }

    pub(crate) async fn consents_of(&self, numbers: &[u32]) -> Result<Vec<MemberConsent>, StoreError> {
        let mut consents = Vec::new();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query =
                statement("SELECT number, channel, topic, state, MAX(at) FROM consents WHERE number IN ");
            push_numbers(&mut query, numbers.iter().copied().map(i64::from));
            query.push(" GROUP BY number, channel, topic, state");
            let rows: Vec<Answer> = query.build_query_as().fetch_all(&self.pool).await?;
            for (number, channel, topic, state, at) in rows {
                consents.push(MemberConsent { number: member_number(number)?, channel, topic, state, at });
            }
        }
        Ok(consents)
    }

    pub(crate) async fn consent_proofs(&self, number: u32, most: i64) -> Result<Vec<ConsentRow>, StoreError> {
        let rows: Vec<Proof> = sqlx::query_as(
            "SELECT channel, topic, state, at, source, text_version, received_at, actor FROM consents
             WHERE number = $1 ORDER BY at DESC, received_at DESC, id LIMIT $2",
        )
        .bind(i64::from(number))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn change_suppressions(
        &self,
        changes: &[NewSuppression],
        events: &[NewEvent],
    ) -> Result<Vec<bool>, StoreError> {
        let mut transaction = self.begin().await?;
        let mut changed = Vec::with_capacity(changes.len());
        for change in changes {
            changed.push(change_suppression(&mut transaction, change).await?);
        }
        append(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    pub(crate) async fn suppressions_of(
        &self,
        numbers: &[u32],
        digests: &[String],
    ) -> Result<Vec<SuppressionRow>, StoreError> {
        const ROWS: &str =
            "SELECT number, digest, channel, scope, reason, at, source FROM suppressions WHERE ";

        let mut rows: Vec<Entry> = Vec::new();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement(ROWS);
            query.push("number IN ");
            push_numbers(&mut query, numbers.iter().copied().map(i64::from));
            rows.extend(query.build_query_as::<Entry>().fetch_all(&self.pool).await?);
        }
        for digests in digests.chunks(ROWS_MAX) {
            let mut query = statement(ROWS);
            query.push("digest IN ");
            push_texts(&mut query, digests.iter().map(String::as_str));
            rows.extend(query.build_query_as::<Entry>().fetch_all(&self.pool).await?);
        }
        rows.into_iter().map(Entry::read).collect()
    }
}

/// Adds an answer. False if it is there already.
async fn add_consent(
    transaction: &mut Transaction,
    new: &NewConsent,
    number: u32,
) -> Result<bool, StoreError> {
    let consent = &new.consent;
    let added = sqlx::query(
        "INSERT INTO consents
             (id, number, channel, topic, state, at, source, text_version, received_at, actor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&new.id)
    .bind(i64::from(number))
    .bind(&consent.channel)
    .bind(&consent.topic)
    .bind(&consent.state)
    .bind(consent.at)
    .bind(&consent.source)
    .bind(&consent.text_version)
    .bind(consent.received_at)
    .bind(&consent.actor)
    .execute(&mut **transaction)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Adds a suppression or lifts it. False if the list is as it should be already.
pub(super) async fn change_suppression(
    transaction: &mut Transaction,
    change: &NewSuppression,
) -> Result<bool, StoreError> {
    let (number, digest) = match &change.whom {
        Suppressed::Address(digest) => (None, Some(digest)),
        Suppressed::Member(subject) => {
            let numbers = subject_numbers(transaction, &[subject]).await?;
            (numbers.first().copied().map(i64::from), None)
        }
    };
    if change.is_lifted {
        // Not by the id: that of a member who was merged into this one is another. Later ones stay: they were told of
        // something that happened after.
        let mut query = statement("DELETE FROM suppressions WHERE ");
        match digest {
            Some(digest) => query.push("digest = ").push_bind(digest.clone()),
            None => query.push("number = ").push_bind(number),
        };
        query.push(" AND channel = ").push_bind(change.channel.clone());
        query.push(" AND scope = ").push_bind(change.scope.clone());
        query.push(" AND at <= ").push_bind(change.at);
        let lifted = query.build().execute(&mut **transaction).await?;
        return Ok(lifted.rows_affected() > 0);
    }
    let added = sqlx::query(
        "INSERT INTO suppressions (id, number, digest, channel, scope, reason, at, source, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET reason = $6, at = $7, source = $8, received_at = $9
         WHERE suppressions.at < $7",
    )
    .bind(&change.id)
    .bind(number)
    .bind(digest)
    .bind(&change.channel)
    .bind(&change.scope)
    .bind(&change.reason)
    .bind(change.at)
    .bind(&change.source)
    .bind(change.received_at)
    .execute(&mut **transaction)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// The number of each subject, which must be a member.
async fn subject_numbers(
    transaction: &mut Transaction,
    subjects: &[&Subject],
) -> Result<Vec<u32>, StoreError> {
    let ids = subjects.iter().filter_map(|subject| match subject {
        Subject::Member(id) => Some(id.as_str()),
        _ => None,
    });
    let numbers = numbers_of(transaction, ids).await?;
    let number = |subject: &&Subject| match subject {
        Subject::Number(number) => Ok(*number),
        Subject::Member(id) => {
            numbers.get(id).copied().ok_or_else(|| StoreError::Damaged(format!("member {id} has no number")))
        }
        Subject::Visitor(_) | Subject::Nobody => {
            Err(StoreError::Damaged("an answer of nobody that is known".to_owned()))
        }
    };
    subjects.iter().map(number).collect()
}

struct Proof(ConsentRow);

impl FromRow<'_, DatabaseRow> for Proof {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self(ConsentRow {
            channel: row.try_get("channel")?,
            topic: row.try_get("topic")?,
            state: row.try_get("state")?,
            at: row.try_get("at")?,
            source: row.try_get("source")?,
            text_version: row.try_get("text_version")?,
            received_at: row.try_get("received_at")?,
            actor: row.try_get("actor")?,
        }))
    }
}

struct Entry {
    number: Option<i64>,
    digest: Option<String>,
    channel: String,
    scope: String,
    reason: String,
    at: i64,
    source: String,
}

impl FromRow<'_, DatabaseRow> for Entry {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            number: row.try_get("number")?,
            digest: row.try_get("digest")?,
            channel: row.try_get("channel")?,
            scope: row.try_get("scope")?,
            reason: row.try_get("reason")?,
            at: row.try_get("at")?,
            source: row.try_get("source")?,
        })
    }
}

impl Entry {
    fn read(self) -> Result<SuppressionRow, StoreError> {
        let Self { number, digest, channel, scope, reason, at, source } = self;
        let number = number.map(member_number).transpose()?;
        Ok(SuppressionRow { number, digest, channel, scope, reason, at, source })
    }
}
