//! All tables: read in one state of the database, or written in one transaction.

use sqlx::AssertSqlSafe;
use tokio::sync::mpsc::{Receiver, Sender};

use super::super::{dialect, rows};
use super::Communications;
use crate::StoreError;
use crate::copying::{Piece, Tell};
use crate::layout::Table;

/// The table whose rows migrations make.
const COUNTERS: &str = "sequences";

impl Communications {
    /// Sends all rows of the tables, in one state of the database.
    pub(crate) async fn send_tables(&self, tables: &[Table], to: Sender<Piece>) -> Result<(), StoreError> {
        let send = async |piece| {
            to.send(piece)
                .await
                .map_err(|_| StoreError::Refused { reason: "the copy was given up".to_owned() })
        };
        let mut snapshot = dialect::begin_snapshot(&self.pool).await?;
        let mut total = 0_u64;
        for table in tables {
            total = total.saturating_add(rows::count(&mut snapshot, table).await?);
        }
        send(Piece::Total(total)).await?;
        let mut sums = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let each = async |rows| send(Piece::Rows(index, rows)).await;
            sums.push(rows::read(&mut snapshot, table, each).await?);
        }
        send(Piece::End(sums, None)).await
    }

    /// Writes the rows that come into empty tables, and compares what is there then with what was sent. Returns the number
    /// of rows of each table.
    pub(crate) async fn fill(
        &self,
        tables: &[Table],
        pieces: &mut Receiver<Piece>,
        tell: Tell<'_>,
    ) -> Result<Vec<u64>, StoreError> {
        let mut transaction = self.begin().await?;
        let query = format!("DELETE FROM {COUNTERS}");
        sqlx::query(AssertSqlSafe(query)).execute(&mut *transaction).await?;
        let (sums, _) = rows::write(&mut transaction, tables, pieces, tell).await?;
        for (table, expected) in tables.iter().zip(&sums) {
            let found = rows::read(&mut transaction, table, async |_| Ok(())).await?;
            if found != *expected {
                let (name, was, is) = (&table.name, expected.rows, found.rows);
                let reason = format!(
                    "table {name} of the copy has {is} rows that differ from the {was} of the source"
                );
                return Err(StoreError::Refused { reason });
            }
        }
        transaction.commit().await?;
        Ok(sums.iter().map(|sum| sum.rows).collect())
    }

    /// Names of the tables that have rows which no migration has made.
    pub(crate) async fn occupied(&self, tables: &[Table]) -> Result<Vec<String>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut occupied = rows::occupied(&mut connection, tables).await?;
        occupied.retain(|table| table != COUNTERS);
        Ok(occupied)
    }
}
