//! The log of events.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{FromRow, Row as _};

use super::super::bulk::{ROWS_MAX, push_texts, statement};
use super::super::dialect::DatabaseRow;
use super::cursors::{mark_cursor, move_cursor};
use super::members::{lock_sequence, numbers_of, set_sequence};
use super::{Communications, Transaction, member_number};
use crate::{Appended, Cursor, EventRow, NewEvent, StoreError, Subject};

impl Communications {
    pub(crate) async fn append_events(&self, events: &[NewEvent]) -> Result<Vec<Appended>, StoreError> {
        let mut transaction = self.begin().await?;
        let appended = append(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(appended)
    }

    pub(crate) async fn append_events_of(
        &self,
        events: &[NewEvent],
        cursor: &str,
        from: i64,
        to: &Cursor,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if !move_cursor(&mut transaction, cursor, from, to.position).await? {
            return Ok(false);
        }
        mark_cursor(&mut transaction, cursor, &to.mark).await?;
        append(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn events_after(&self, seq: i64, most: i64) -> Result<Vec<EventRow>, StoreError> {
        let query = "SELECT * FROM events WHERE seq > $1 ORDER BY seq LIMIT $2";
        let rows: Vec<Row> = sqlx::query_as(query).bind(seq).bind(most).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn events_of(
        &self,
        number: u32,
        since: i64,
        most: i64,
    ) -> Result<Vec<EventRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT * FROM events WHERE number = $1 AND at >= $2 ORDER BY at DESC, seq DESC LIMIT $3",
        )
        .bind(i64::from(number))
        .bind(since)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn event(&self, source: &str, id: &str) -> Result<Option<EventRow>, StoreError> {
        let query = "SELECT * FROM events WHERE source = $1 AND id = $2";
        let row: Option<Row> = sqlx::query_as(query).bind(source).bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.0))
    }

    pub(crate) async fn remove_events_before(&self, at: i64, most: i64) -> Result<u64, StoreError> {
        let query =
            "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE at < $1 ORDER BY at LIMIT $2)";
        let removed = sqlx::query(query).bind(at).bind(most).execute(&self.writer).await?;
        Ok(removed.rows_affected())
    }

    pub(crate) async fn last_event(&self) -> Result<i64, StoreError> {
        let query = "SELECT last FROM sequences WHERE name = 'events'";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }
}

/// Adds events in their order; those whose source and id the log has already are left out. Others who add events wait
/// until the transaction ends, so call it late in one.
pub(in super::super) async fn append(
    transaction: &mut Transaction,
    events: &[NewEvent],
) -> Result<Vec<Appended>, StoreError> {
    let ids = events.iter().filter_map(|event| match &event.subject {
        Subject::Member(id) => Some(id.as_str()),
        _ => None,
    });
    let numbers = numbers_of(transaction, ids).await?;
    let visitors = members_of_visitors(transaction, events).await?;
    let mut last = lock_sequence(transaction, "events").await?;
    let mut appended = Vec::with_capacity(events.len());
    for events in events.chunks(ROWS_MAX) {
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            last = last.saturating_add(1);
            let (number, visitor) = match &event.subject {
                Subject::Number(number) => (Some(*number), None),
                Subject::Member(id) => (numbers.get(id).copied(), None),
                Subject::Visitor(visitor) => (visitors.get(visitor).copied(), Some(visitor)),
                Subject::Nobody => (None, None),
            };
            rows.push((last, number, visitor, event));
        }
        let mut query = statement(
            "INSERT INTO events (seq, source, id, number, visitor, kind, at, received_at, payload) ",
        );
        query.push_values(&rows, |mut row, (seq, number, visitor, event)| {
            row.push_bind(*seq)
                .push_bind(event.source.clone())
                .push_bind(event.id.clone())
                .push_bind(number.map(i64::from))
                .push_bind(visitor.cloned())
                .push_bind(event.kind.clone())
                .push_bind(event.at)
                .push_bind(event.received_at)
                .push_bind(event.payload.clone());
        });
        query.push(" ON CONFLICT (source, id) DO NOTHING RETURNING seq");
        let new: Vec<i64> = query.build_query_scalar().fetch_all(&mut **transaction).await?;
        let new: BTreeSet<i64> = new.into_iter().collect();
        appended.extend(rows.iter().map(|(seq, ..)| Appended { is_new: new.contains(seq) }));
    }
    set_sequence(transaction, "events", last).await?;
    Ok(appended)
}

/// The members that the visitors of some events are, as far as they have said so.
async fn members_of_visitors(
    transaction: &mut Transaction,
    events: &[NewEvent],
) -> Result<BTreeMap<String, u32>, StoreError> {
    let visitors: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| match &event.subject {
            Subject::Visitor(visitor) => Some(visitor.as_str()),
            _ => None,
        })
        .collect();
    let visitors: Vec<&str> = visitors.into_iter().collect();
    let mut members = BTreeMap::new();
    for visitors in visitors.chunks(ROWS_MAX) {
        let mut query = statement("SELECT visitor, number FROM visitors WHERE visitor IN ");
        push_texts(&mut query, visitors.iter().copied());
        let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut **transaction).await?;
        for (visitor, number) in rows {
            members.insert(visitor, member_number(number)?);
        }
    }
    Ok(members)
}

pub(super) struct Row(pub(super) EventRow);

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        let number: Option<i64> = row.try_get("number")?;
        let number = number.map(u32::try_from).transpose();
        Ok(Self(EventRow {
            seq: row.try_get("seq")?,
            source: row.try_get("source")?,
            id: row.try_get("id")?,
            number: number.map_err(|error| sqlx::Error::Decode(error.into()))?,
            visitor: row.try_get("visitor")?,
            kind: row.try_get("kind")?,
            at: row.try_get("at")?,
            received_at: row.try_get("received_at")?,
            payload: row.try_get("payload")?,
        }))
    }
}
