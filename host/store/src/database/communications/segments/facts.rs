//! Facts of members that rules read: those of events, attributes, zones, points.

use sqlx::{FromRow, Row as _};

use super::super::super::bulk::{ROWS_MAX, push_numbers, statement};
use super::super::super::dialect::DatabaseRow;
use super::super::{Communications, Transaction, member_number};
use super::next_state;
use crate::{FactRow, KnownMembers, SegmentAttribute, SegmentMember, StoreError};

impl Communications {
    pub(crate) async fn add_measures(
        &self,
        state: i64,
        measures: &[(String, String)],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        // Readers of the log that do not know the measures yet begin again.
        if !next_state(&mut transaction, state).await? {
            return Ok(false);
        }
        add_measures(&mut transaction, measures).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn remove_measures(&self, state: i64, measures: &[i64]) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if !next_state(&mut transaction, state).await? {
            return Ok(false);
        }
        for measure in measures {
            for sql in [
                "DELETE FROM segment_measures WHERE measure = $1",
                "DELETE FROM segment_facts WHERE measure = $1",
            ] {
                sqlx::query(sql).bind(measure).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn add_facts(&self, facts: &[FactRow]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert(&mut transaction, facts).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn measure_filled(&self, measure: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE segment_measures SET is_filled = 1 WHERE measure = $1")
            .bind(measure)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(crate) async fn known_segment_members(&self, numbers: &[u32]) -> Result<KnownMembers, StoreError> {
        let mut known = KnownMembers::default();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement(
                "SELECT number, zone, points, recency, frequency, monetary FROM segment_members WHERE number IN ",
            );
            push_numbers(&mut query, numbers.iter().copied().map(i64::from));
            let rows: Vec<Member> = query.build_query_as().fetch_all(&self.pool).await?;
            known.members.extend(rows.into_iter().map(|row| row.0));
            let mut query = statement("SELECT number, name, value FROM segment_attributes WHERE number IN ");
            push_numbers(&mut query, numbers.iter().copied().map(i64::from));
            let rows: Vec<(i64, String, String)> = query.build_query_as().fetch_all(&self.pool).await?;
            for (number, name, value) in rows {
                known.attributes.push(SegmentAttribute { number: member_number(number)?, name, value });
            }
            let mut query =
                statement("SELECT measure, number, day, at, seq, value FROM segment_facts WHERE number IN ");
            push_numbers(&mut query, numbers.iter().copied().map(i64::from));
            let rows: Vec<Fact> = query.build_query_as().fetch_all(&self.pool).await?;
            known.facts.extend(rows.into_iter().map(|row| row.0));
        }
        Ok(known)
    }

    pub(crate) async fn segment_members_between(
        &self,
        first: u32,
        last: u32,
    ) -> Result<Vec<SegmentMember>, StoreError> {
        let rows: Vec<Member> = sqlx::query_as(
            "SELECT number, zone, points, recency, frequency, monetary FROM segment_members
             WHERE number BETWEEN $1 AND $2",
        )
        .bind(i64::from(first))
        .bind(i64::from(last))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn last_segment_member(&self) -> Result<Option<u32>, StoreError> {
        let query = "SELECT MAX(number) FROM segment_members";
        let last: Option<i64> = sqlx::query_scalar(query).fetch_one(&self.pool).await?;
        last.map(member_number).transpose()
    }
}

pub(super) async fn add_measures(
    transaction: &mut Transaction,
    measures: &[(String, String)],
) -> Result<(), StoreError> {
    for (digest, definition) in measures {
        sqlx::query(
            "INSERT INTO segment_measures (measure, digest, definition)
             SELECT COALESCE(MAX(measure), 0) + 1, $1, $2 FROM segment_measures
             WHERE 1 = 1 ON CONFLICT (digest) DO NOTHING",
        )
        .bind(digest)
        .bind(definition)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Adds facts; those that are there already stay.
pub(super) async fn insert(transaction: &mut Transaction, facts: &[FactRow]) -> Result<(), StoreError> {
    for facts in facts.chunks(ROWS_MAX) {
        let mut query = statement("INSERT INTO segment_facts (measure, number, day, at, seq, value) ");
        query.push_values(facts, |mut row, fact| {
            row.push_bind(fact.measure)
                .push_bind(i64::from(fact.number))
                .push_bind(fact.day)
                .push_bind(fact.at)
                .push_bind(fact.seq)
                .push_bind(fact.value);
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

struct Member(SegmentMember);

impl FromRow<'_, DatabaseRow> for Member {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        let score = |name: &str| row.try_get::<Option<i64>, _>(name);
        let scores = match (score("recency")?, score("frequency")?, score("monetary")?) {
            (Some(recency), Some(frequency), Some(monetary)) => Some([recency, frequency, monetary]),
            _ => None,
        };
        Ok(Self(SegmentMember {
            number: number(row)?,
            zone: row.try_get("zone")?,
            points: row.try_get("points")?,
            scores,
        }))
    }
}

struct Fact(FactRow);

impl FromRow<'_, DatabaseRow> for Fact {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self(FactRow {
            measure: row.try_get("measure")?,
            number: number(row)?,
            day: row.try_get("day")?,
            at: row.try_get("at")?,
            seq: row.try_get("seq")?,
            value: row.try_get("value")?,
        }))
    }
}

fn number(row: &DatabaseRow) -> sqlx::Result<u32> {
    let number: i64 = row.try_get("number")?;
    u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}
