//! How far readers of logs have come. A reader moves its cursor in the transaction of what it made of the rows, on
//! condition that it is where the reader began: each row has its effect once, however many readers run, and whenever they
//! are killed.

use super::{Communications, Transaction};
use crate::{Cursor, StoreError};

impl Communications {
    pub(crate) async fn cursor(&self, name: &str) -> Result<i64, StoreError> {
        Ok(self.marked_cursor(name).await?.position)
    }

    pub(crate) async fn marked_cursor(&self, name: &str) -> Result<Cursor, StoreError> {
        let query = "SELECT position, mark FROM cursors WHERE name = $1";
        let found: Option<(i64, String)> =
            sqlx::query_as(query).bind(name).fetch_optional(&self.pool).await?;
        Ok(found.map(|(position, mark)| Cursor { position, mark }).unwrap_or_default())
    }
}

/// Notes the id of the last row that a reader has read.
pub(super) async fn mark_cursor(
    transaction: &mut Transaction,
    name: &str,
    mark: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE cursors SET mark = $1 WHERE name = $2")
        .bind(mark)
        .bind(name)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Moves a cursor. False if it is not at `from` any more: the caller rolls back, since another reader was faster.
pub(in super::super) async fn move_cursor(
    transaction: &mut Transaction,
    name: &str,
    from: i64,
    to: i64,
) -> Result<bool, StoreError> {
    sqlx::query("INSERT INTO cursors (name, position) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .execute(&mut **transaction)
        .await?;
    let moved = sqlx::query("UPDATE cursors SET position = $1 WHERE name = $2 AND position = $3")
        .bind(to)
        .bind(name)
        .bind(from)
        .execute(&mut **transaction)
        .await?;
    Ok(moved.rows_affected() > 0)
}
