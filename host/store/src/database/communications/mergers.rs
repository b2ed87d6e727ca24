//! Following mergers of members: what is stored of one becomes the survivor's.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use super::super::dialect::UNIQUE_COLUMNS;
use super::cursors::move_cursor;
use super::erasure::{MEMBERS, tables_of_members};
use super::events::append;
use super::members::numbers_of;
use super::{Communications, Transaction};
use crate::layout::quoted;
use crate::{MEMBERS_SOURCE, NewEvent, StoreError, Subject};

impl Communications {
    pub(crate) async fn follow_mergers(
        &self,
        mergers: &[(String, String)],
        cursor: &str,
        from: i64,
        to: i64,
    ) -> Result<bool, StoreError> {
        let now = self.now_ms().await?;
        let mut transaction = self.begin().await?;
        if !move_cursor(&mut transaction, cursor, from, to).await? {
            return Ok(false);
        }
        let tables = tables_of_members(&mut transaction).await?;
        let mut told = Vec::new();
        for (gone, survivor) in mergers {
            if let Some((from, into)) = follow(&mut transaction, &tables, gone, survivor).await? {
                told.push(merged(from, into, now));
            }
        }
        append(&mut transaction, &told).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// The event that tells readers of the log of a merger.
fn merged(from: u32, into: u32, now: i64) -> NewEvent {
    NewEvent {
        source: MEMBERS_SOURCE.to_owned(),
        id: format!("merge/{from}/{into}"),
        subject: Subject::Number(into),
        kind: "member_merged".to_owned(),
        at: now,
        received_at: now,
        payload: format!("{{\"from\":{from}}}"),
    }
}

/// Follows a merger. Returns the numbers of the two; none if they are one already.
async fn follow(
    transaction: &mut Transaction,
    tables: &[String],
    gone: &str,
    survivor: &str,
) -> Result<Option<(u32, u32)>, StoreError> {
    // Also one that nothing is stored of: what is told of it later is the survivor's.
    let numbers = numbers_of(transaction, [gone, survivor]).await?;
    let (Some(from), Some(into)) = (numbers.get(gone).copied(), numbers.get(survivor).copied()) else {
        return Err(StoreError::Damaged(format!("members {gone} and {survivor} have no numbers")));
    };
    if from == into {
        return Ok(None);
    }
    let told = Some((from, into));
    let (from, into) = (i64::from(from), i64::from(into));
    for table in tables.iter().filter(|table| *table != MEMBERS) {
        move_rows(transaction, table, from, into).await?;
    }
    sqlx::query("UPDATE members SET merged_into = $1 WHERE number = $2 OR merged_into = $2")
        .bind(into)
        .bind(from)
        .execute(&mut **transaction)
        .await?;
    Ok(told)
}

/// Moves the rows of a member in a table. Where the survivor has a row that may be there once only, its own stays.
async fn move_rows(
    transaction: &mut Transaction,
    table: &str,
    from: i64,
    into: i64,
) -> Result<(), StoreError> {
    let keys = unique_beside_number(transaction, table).await?;
    let table = quoted(table);
    for key in keys {
        let same: Vec<String> =
            key.iter().map(|column| format!("own.{0} = {table}.{0}", quoted(column))).collect();
        let same = if same.is_empty() { String::new() } else { format!(" AND {}", same.join(" AND ")) };
        let query = format!(
            "DELETE FROM {table} WHERE number = $1
                 AND EXISTS (SELECT 1 FROM {table} AS own WHERE own.number = $2{same})"
        );
        sqlx::query(AssertSqlSafe(query)).bind(from).bind(into).execute(&mut **transaction).await?;
    }
    let query = format!("UPDATE {table} SET number = $1 WHERE number = $2");
    sqlx::query(AssertSqlSafe(query)).bind(into).bind(from).execute(&mut **transaction).await?;
    Ok(())
}

/// The keys and unique indexes of a table that a member's number is part of: for each, its other columns.
async fn unique_beside_number(
    transaction: &mut Transaction,
    table: &str,
) -> Result<Vec<Vec<String>>, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as(UNIQUE_COLUMNS).bind(table).fetch_all(&mut **transaction).await?;
    let mut indexes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (index, column) in rows {
        indexes.entry(index).or_default().push(column);
    }
    let with_number = |columns: Vec<String>| {
        let others: Vec<String> = columns.iter().filter(|column| *column != "number").cloned().collect();
        (others.len() < columns.len()).then_some(others)
    };
    Ok(indexes.into_values().filter_map(with_number).collect())
}
