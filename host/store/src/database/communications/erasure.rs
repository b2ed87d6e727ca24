//! Erasing members. Every table with a column `number` has rows of members; those of one are found by that, so that a
//! table that a new migration adds is never forgotten.

use super::super::bulk::{ROWS_MAX, push_numbers, push_texts, statement};
use super::super::dialect::TABLES_WITH_COLUMN;
use super::events::append;
use super::{Communications, Transaction};
use crate::layout::quoted;
use crate::{EraseMember, Erasure, MEMBERS_SOURCE, NewEvent, StoreError, Subject};

/// The column with the number of a member.
const NUMBER: &str = "number";
/// The table of the members themselves.
pub(super) const MEMBERS: &str = "members";

type Row = (String, String, i64, String, String);

impl Communications {
    pub(crate) async fn erase_member(&self, erase: &EraseMember) -> Result<Option<Erasure>, StoreError> {
        let mut transaction = self.begin().await?;
        // Those that were merged into it have rows under its number, and their ids here.
        let numbers: Vec<i64> = sqlx::query_scalar(
            "SELECT number FROM members WHERE member_id = $1
                 OR merged_into = (SELECT number FROM members WHERE member_id = $1)",
        )
        .bind(&erase.member_id)
        .fetch_all(&mut *transaction)
        .await?;
        if numbers.is_empty() {
            return Ok(None);
        }
        let mut erased = Vec::new();
        let mut tables = tables_of_members(&mut transaction).await?;
        tables.retain(|table| table != MEMBERS);
        tables.push(MEMBERS.to_owned());
        for table in tables {
            let mut rows = 0_u64;
            for numbers in numbers.chunks(ROWS_MAX) {
                rows = rows.saturating_add(erase_from(&mut transaction, &table, numbers).await?);
            }
            if rows > 0 {
                erased.push((table, rows));
            }
        }
        erased.sort();
        // Nobody has these numbers any more: the events are about nobody.
        let told: Vec<NewEvent> = numbers.iter().map(|number| gone(*number, erase)).collect();
        append(&mut transaction, &told).await?;
        let EraseMember { id, digest, at, actor, .. } = erase.clone();
        let erasure = Erasure { id, digest, at, actor, erased };
        sqlx::query("INSERT INTO erasures (id, digest, at, actor, erased) VALUES ($1, $2, $3, $4, $5)")
            .bind(&erasure.id)
            .bind(&erasure.digest)
            .bind(erasure.at)
            .bind(&erasure.actor)
            .bind(written(&erasure.erased))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(erasure))
    }

    pub(crate) async fn erase_again(&self, since: i64) -> Result<u64, StoreError> {
        let told: Vec<String> = sqlx::query_scalar(
            "SELECT payload FROM events WHERE source = $1 AND kind = 'member_erased' AND at >= $2 ORDER BY seq",
        )
        .bind(MEMBERS_SOURCE)
        .bind(since)
        .fetch_all(&self.pool)
        .await?;
        let numbers: Vec<i64> = told.iter().filter_map(|payload| number_of(payload)).collect();
        let mut rows = 0_u64;
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut transaction = self.begin().await?;
            for table in tables_of_members(&mut transaction).await? {
                rows = rows.saturating_add(erase_from(&mut transaction, &table, numbers).await?);
            }
            transaction.commit().await?;
        }
        Ok(rows)
    }

    pub(crate) async fn erasures_of(&self, digest: &str) -> Result<Vec<Erasure>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, digest, at, actor, erased FROM erasures WHERE digest = $1 ORDER BY at DESC, id",
        )
        .bind(digest)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(read).collect()
    }

    pub(crate) async fn erased_at(&self, digests: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
        let mut erased = Vec::new();
        for digests in digests.chunks(ROWS_MAX) {
            let mut query = statement("SELECT digest, MAX(at) FROM erasures WHERE digest IN ");
            push_texts(&mut query, digests.iter().map(String::as_str));
            query.push(" GROUP BY digest");
            let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(&self.pool).await?;
            erased.extend(rows);
        }
        Ok(erased)
    }
}

/// The event that tells readers of the log of an erasure: sets of members that they keep have the number.
fn gone(number: i64, erase: &EraseMember) -> NewEvent {
    NewEvent {
        source: MEMBERS_SOURCE.to_owned(),
        id: format!("erasure/{number}"),
        subject: Subject::Nobody,
        kind: "member_erased".to_owned(),
        at: erase.at,
        received_at: erase.at,
        payload: format!("{{\"number\":{number}}}"),
    }
}

/// The number that an event of an erasure tells of.
fn number_of(payload: &str) -> Option<i64> {
    payload.strip_prefix("{\"number\":")?.strip_suffix('}')?.parse().ok()
}

/// The tables with rows of members, by name.
pub(super) async fn tables_of_members(transaction: &mut Transaction) -> Result<Vec<String>, StoreError> {
    let mut tables: Vec<String> =
        sqlx::query_scalar(TABLES_WITH_COLUMN).bind(NUMBER).fetch_all(&mut **transaction).await?;
    tables.sort();
    Ok(tables)
}

/// Erases the rows of members from a table. Returns how many there were.
async fn erase_from(transaction: &mut Transaction, table: &str, numbers: &[i64]) -> Result<u64, StoreError> {
    let mut query = statement(&format!("DELETE FROM {} WHERE number IN ", quoted(table)));
    push_numbers(&mut query, numbers.iter().copied());
    Ok(query.build().execute(&mut **transaction).await?.rows_affected())
}

/// Table and number of rows, a line each.
fn written(erased: &[(String, u64)]) -> String {
    erased.iter().map(|(table, rows)| format!("{table} {rows}\n")).collect()
}

fn read((id, digest, at, actor, erased): Row) -> Result<Erasure, StoreError> {
    let line = |line: &str| {
        let (table, rows) = line.split_once(' ')?;
        Some((table.to_owned(), rows.parse().ok()?))
    };
    let erased: Option<Vec<(String, u64)>> = erased.lines().map(line).collect();
    let erased = erased.ok_or_else(|| StoreError::Damaged(format!("erasure {id}")))?;
    Ok(Erasure { id, digest, at, actor, erased })
}
