//! Numbers of members, and the visitors who are members.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use super::super::bulk::{ROWS_MAX, push_numbers, push_texts, statement};
use super::super::dialect;
use super::{Communications, Transaction, member_number};
use crate::{NumberedMember, StoreError};

impl Communications {
    pub(crate) async fn number_members(&self, member_ids: &[String]) -> Result<Vec<u32>, StoreError> {
        let mut transaction = self.begin().await?;
        let numbers = numbers_of(&mut transaction, member_ids.iter().map(String::as_str)).await?;
        transaction.commit().await?;
        let number = |id: &String| {
            numbers.get(id).copied().ok_or_else(|| StoreError::Damaged(format!("member {id} has no number")))
        };
        member_ids.iter().map(number).collect()
    }

    pub(crate) async fn member_number(&self, member_id: &str) -> Result<Option<u32>, StoreError> {
        let query = "SELECT COALESCE(merged_into, number) FROM members WHERE member_id = $1";
        let found: Option<i64> = sqlx::query_scalar(query).bind(member_id).fetch_optional(&self.pool).await?;
        found.map(member_number).transpose()
    }

    pub(crate) async fn members_of(&self, numbers: &[u32]) -> Result<Vec<NumberedMember>, StoreError> {
        let mut members = Vec::new();
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement("SELECT member_id, number FROM members WHERE number IN ");
            push_numbers(&mut query, numbers.iter().copied().map(i64::from));
            let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(&self.pool).await?;
            members.extend(rows);
        }
        members.sort_by_key(|(_, number)| *number);
        members.into_iter().map(numbered).collect()
    }

    pub(crate) async fn members_from(
        &self,
        number: u32,
        most: i64,
    ) -> Result<Vec<NumberedMember>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT member_id, number FROM members WHERE number >= $1 AND merged_into IS NULL
             ORDER BY number LIMIT $2",
        )
        .bind(i64::from(number))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(numbered).collect()
    }

    pub(crate) async fn member_count(&self) -> Result<u32, StoreError> {
        let query = "SELECT last FROM sequences WHERE name = 'members'";
        member_number(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn link_visitor(
        &self,
        visitor: &str,
        member_id: &str,
        now: i64,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let numbers = numbers_of(&mut transaction, [member_id]).await?;
        let Some(number) = numbers.get(member_id) else {
            return Err(StoreError::Damaged(format!("member {member_id} has no number")));
        };
        sqlx::query(
            "INSERT INTO visitors (visitor, number, linked_at) VALUES ($1, $2, $3)
             ON CONFLICT (visitor) DO UPDATE SET number = $2, linked_at = $3",
        )
        .bind(visitor)
        .bind(i64::from(*number))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let moved = take_over(&mut transaction, visitor, *number).await?;
        transaction.commit().await?;
        Ok(moved)
    }

    pub(crate) async fn remove_visitors_before(&self, at: i64, most: i64) -> Result<u64, StoreError> {
        let removed = sqlx::query(
            "DELETE FROM visitors WHERE visitor IN (SELECT v.visitor FROM visitors AS v WHERE v.linked_at < $1
                 AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.visitor = v.visitor) LIMIT $2)",
        )
        .bind(at)
        .bind(most)
        .execute(&self.writer)
        .await?;
        Ok(removed.rows_affected())
    }
}

/// Makes the events of a visitor a member's; those of an earlier member who used the same browser stay that member's. They
/// get new places in the log, since readers have passed them as nobody's. Returns how many there are.
async fn take_over(transaction: &mut Transaction, visitor: &str, number: u32) -> Result<u64, StoreError> {
    let last = lock_sequence(transaction, "events").await?;
    let moved = sqlx::query(
        "UPDATE events SET number = $1, seq = $2 + placed.place FROM
             (SELECT seq, ROW_NUMBER() OVER (ORDER BY seq) AS place FROM events
              WHERE visitor = $3 AND number IS NULL) AS placed
         WHERE events.seq = placed.seq",
    )
    .bind(i64::from(number))
    .bind(last)
    .bind(visitor)
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    let given = i64::try_from(moved).unwrap_or(i64::MAX);
    set_sequence(transaction, "events", last.saturating_add(given)).await?;
    Ok(moved)
}

fn numbered((member_id, number): (String, i64)) -> Result<NumberedMember, StoreError> {
    Ok(NumberedMember { member_id, number: member_number(number)? })
}

/// The numbers of members by their ids. Those without one get the next ones, in the order of the ids; those that were
/// merged into others have the survivor's.
pub(in super::super) async fn numbers_of<'a>(
    transaction: &mut Transaction,
    member_ids: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, u32>, StoreError> {
    let mut wanted: Vec<&str> = member_ids.into_iter().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut numbers = known(transaction, &wanted).await?;
    wanted.retain(|id| !numbers.contains_key(*id));
    if wanted.is_empty() {
        return Ok(numbers);
    }
    // Others who give numbers wait here; some may have been given before.
    let last = lock_sequence(transaction, "members").await?;
    numbers.extend(known(transaction, &wanted).await?);
    wanted.retain(|id| !numbers.contains_key(*id));
    let mut next = member_number(last)?;
    for ids in wanted.chunks(ROWS_MAX) {
        let mut new = Vec::new();
        for id in ids {
            new.push(((*id).to_owned(), next));
            next = next
                .checked_add(1)
                .ok_or_else(|| StoreError::TooLarge("4,294,967,295 members".to_owned()))?;
        }
        let mut query = statement("INSERT INTO members (member_id, number) ");
        query.push_values(&new, |mut row, (id, number)| {
            row.push_bind(id.clone()).push_bind(i64::from(*number));
        });
        query.build().execute(&mut **transaction).await?;
        numbers.extend(new);
    }
    set_sequence(transaction, "members", i64::from(next)).await?;
    Ok(numbers)
}

async fn known(transaction: &mut Transaction, ids: &[&str]) -> Result<BTreeMap<String, u32>, StoreError> {
    let mut numbers = BTreeMap::new();
    for ids in ids.chunks(ROWS_MAX) {
        let mut query =
            statement("SELECT member_id, COALESCE(merged_into, number) FROM members WHERE member_id IN ");
        push_texts(&mut query, ids.iter().copied());
        let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut **transaction).await?;
        for (id, number) in rows {
            numbers.insert(id, member_number(number)?);
        }
    }
    Ok(numbers)
}

/// Milliseconds since 1970 by the clock of the database, read on the connection of the transaction: whoever has one, and asks
/// the pool for another, waits for others who do the same.
pub(super) async fn now_in(transaction: &mut Transaction) -> Result<i64, StoreError> {
    let query = format!("SELECT {}", dialect::NOW_MS);
    Ok(sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut **transaction).await?)
}

/// How many numbers of a sequence were given. Others who give some wait until the transaction ends.
pub(super) async fn lock_sequence(transaction: &mut Transaction, name: &str) -> Result<i64, StoreError> {
    let query = "UPDATE sequences SET last = last WHERE name = $1 RETURNING last";
    Ok(sqlx::query_scalar(query).bind(name).fetch_one(&mut **transaction).await?)
}

/// Notes how many numbers of a sequence were given.
pub(super) async fn set_sequence(
    transaction: &mut Transaction,
    name: &str,
    last: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sequences SET last = $1 WHERE name = $2")
        .bind(last)
        .bind(name)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
