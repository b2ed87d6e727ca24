//! Writing a piece of work on segments.

use super::super::super::bulk::{ROWS_MAX, push_numbers, statement};
use super::super::cursors::move_cursor;
use super::super::{Communications, Transaction, events};
use super::{READ, facts, next_state, rfm, sets};
use crate::{SegmentAttribute, SegmentMember, SegmentWork, StoreError};

impl Communications {
    pub(crate) async fn write_segment_work(&self, work: &SegmentWork) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if !next_state(&mut transaction, work.state).await? {
            return Ok(false);
        }
        if let Some((from, to)) = work.events_read
            && !move_cursor(&mut transaction, READ, from, to).await?
        {
            return Ok(false);
        }
        write_members(&mut transaction, &work.members).await?;
        remove(&mut transaction, "DELETE FROM segment_attributes WHERE number IN ", &work.replaced).await?;
        write_attributes(&mut transaction, &work.attributes).await?;
        remove(&mut transaction, "DELETE FROM segment_facts WHERE number IN ", &work.forgotten).await?;
        facts::insert(&mut transaction, &work.facts).await?;
        sets::write(&mut transaction, &work.sets).await?;
        for (zone, day) in &work.days {
            sqlx::query(
                "INSERT INTO segment_days (zone, day) VALUES ($1, $2) ON CONFLICT (zone) DO UPDATE SET day = $2",
            )
            .bind(zone)
            .bind(day)
            .execute(&mut *transaction)
            .await?;
        }
        if let Some((segment, revision)) = &work.built {
            sets::built(&mut transaction, segment, *revision).await?;
        }
        if let Some(month) = &work.month {
            rfm::write_month(&mut transaction, month).await?;
        }
        if let Some(day) = work.scored {
            rfm::write_day(&mut transaction, day).await?;
        }
        if !work.events.is_empty() {
            events::append(&mut transaction, &work.events).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

async fn write_members(transaction: &mut Transaction, members: &[SegmentMember]) -> Result<(), StoreError> {
    for members in members.chunks(ROWS_MAX) {
        let mut query =
            statement("INSERT INTO segment_members (number, zone, points, recency, frequency, monetary) ");
        query.push_values(members, |mut row, member| {
            let [recency, frequency, monetary] = match member.scores {
                Some(scores) => scores.map(Some),
                None => [None; 3],
            };
            row.push_bind(i64::from(member.number))
                .push_bind(member.zone.clone())
                .push_bind(member.points)
                .push_bind(recency)
                .push_bind(frequency)
                .push_bind(monetary);
        });
        query.push(
            " ON CONFLICT (number) DO UPDATE SET zone = excluded.zone, points = excluded.points,
                 recency = excluded.recency, frequency = excluded.frequency, monetary = excluded.monetary",
        );
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn write_attributes(
    transaction: &mut Transaction,
    attributes: &[SegmentAttribute],
) -> Result<(), StoreError> {
    for attributes in attributes.chunks(ROWS_MAX) {
        let mut query = statement("INSERT INTO segment_attributes (name, number, value) ");
        query.push_values(attributes, |mut row, attribute| {
            row.push_bind(attribute.name.clone())
                .push_bind(i64::from(attribute.number))
                .push_bind(attribute.value.clone());
        });
        query.push(" ON CONFLICT (name, number) DO UPDATE SET value = excluded.value");
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn remove(transaction: &mut Transaction, sql: &'static str, numbers: &[u32]) -> Result<(), StoreError> {
    for numbers in numbers.chunks(ROWS_MAX) {
        let mut query = statement(sql);
        push_numbers(&mut query, numbers.iter().copied().map(i64::from));
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}
