//! Whole tables: read in one state of the database, or written in one transaction.

use std::collections::BTreeSet;
use std::future::poll_fn;

use sqlx::migrate::Migrate as _;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tokio::sync::mpsc::{Receiver, Sender};

use super::dialect::{self, Connection, DatabaseRow, QueryBuilder};
use super::{Database, bulk, verify};
use crate::copying::{Filling, Piece, Row, Sum, Tell, Value, compare_ledgers};
use crate::layout::{self, Kind, Table, quoted};
use crate::migrations::List;
use crate::{Mismatch, Options, StoreError, migrations};

/// Bytes of values after which a batch is full; one row may be larger.
const BATCH_BYTES: usize = 1 << 20;
/// Values of one statement at most.
const VALUES_MAX: usize = 30_000;

impl Database {
    /// Sends all rows of the tables, in one state of the database, and where its ledger does not add up.
    pub(crate) async fn send_tables(
        &self,
        versions: &BTreeSet<i64>,
        tables: &[Table],
        now: i64,
        to: Sender<Piece>,
    ) -> Result<(), StoreError> {
        let send = async |piece| {
            to.send(piece)
                .await
                .map_err(|_| StoreError::Refused { reason: "the copy was given up".to_owned() })
        };
        let mut snapshot = self.begin_snapshot().await?;
        if applied(&mut snapshot).await?.into_iter().map(|(version, _)| version).ne(versions.iter().copied())
        {
            let reason = "the schema of the source was changed just now: try again".to_owned();
            return Err(StoreError::Refused { reason });
        }
        let mut total = 0_u64;
        for table in tables {
            total = total.saturating_add(count(&mut snapshot, table).await?);
        }
        send(Piece::Total(total)).await?;
        let mut sums = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let each = async |rows| send(Piece::Rows(index, rows)).await;
            sums.push(read(&mut snapshot, table, each).await?);
        }
        // The rules are those of the latest schema.
        let is_latest = versions.contains(&migrations::latest_migration());
        let mismatches = if is_latest { Some(verify::verify(&mut snapshot, now).await?) } else { None };
        send(Piece::End(sums, mismatches)).await
    }

    /// Makes the schema and writes the rows that come, then compares what is there with what was sent. Returns the sum of
    /// each table, and where the ledger does not add up. Everything is one transaction.
    pub(crate) async fn fill(
        &self,
        filling: &Filling<'_>,
        options: &Options,
        pieces: &mut Receiver<Piece>,
        tell: Tell<'_>,
    ) -> Result<(Vec<Sum>, Vec<Mismatch>), StoreError> {
        let mut connection = dialect::migrating(&self.writer, options).await?;
        let connection = &mut *connection;
        // Released with the connection if anything fails.
        connection.lock().await?;
        dialect::wait_less(connection, options).await?;
        let mut transaction = connection.begin().await?;
        let target = &mut *transaction;
        Self::empty(target, filling).await?;
        for (list, until) in migrations::groups() {
            let of_source = list.migrator_of(|version| filling.versions.contains(&version));
            of_source.run_to(until, &mut *target).await?;
        }
        let (expected, of_source) = write(target, filling.tables, pieces, tell).await?;
        for (table, expected) in filling.tables.iter().zip(&expected) {
            let found = read(target, table, async |_| Ok(())).await?;
            if found != *expected {
                let (name, was, is) = (&table.name, expected.rows, found.rows);
                let reason = format!(
                    "table {name} of the copy has {is} rows that differ from the {was} of the source"
                );
                return Err(StoreError::Refused { reason });
            }
        }
        for (list, until) in migrations::groups() {
            list.migrator().run_to(until, &mut *target).await?;
        }
        let mismatches = verify::verify(target, filling.now).await?;
        compare_ledgers(of_source, &mismatches, filling.accept)?;
        transaction.commit().await?;
        connection.unlock().await?;
        Ok((expected, mismatches))
    }

    /// Undoes the whole schema; refused if it has rows and they may not go.
    async fn empty(target: &mut Connection, filling: &Filling<'_>) -> Result<(), StoreError> {
        Self::prepare(target).await?;
        let applied = applied(target).await?;
        migrations::check_all_known(applied.clone())?;
        if !filling.replace {
            let versions = applied.into_iter().map(|(version, _)| version).collect();
            let occupied = occupied(target, &layout::tables(&versions).await?).await?;
            if !occupied.is_empty() {
                return Err(StoreError::Occupied {
                    place: filling.place.clone(),
                    tables: occupied.join(", "),
                });
            }
        }
        for (list, kept) in migrations::groups_to_undo(0) {
            list.migrator().undo(&mut *target, kept).await?;
        }
        Ok(())
    }

    /// Names of the tables that have rows.
    pub(crate) async fn occupied(&self, tables: &[Table]) -> Result<Vec<String>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        occupied(&mut connection, tables).await
    }

    /// The number of rows of a table, and of those that have a value in a column.
    pub(crate) async fn count_values(&self, table: &str, column: &str) -> Result<(i64, i64), StoreError> {
        let query = format!("SELECT COUNT(*), COUNT({}) FROM {}", quoted(column), quoted(table));
        Ok(sqlx::query_as(AssertSqlSafe(query)).fetch_one(&self.pool).await?)
    }
}

/// Version and name of the applied migrations of both lists, by version.
async fn applied(connection: &mut Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let mut applied: Vec<(i64, String)> = Vec::new();
    for (list, query) in [(List::Binding, migrations::APPLIED), (List::Additive, migrations::ADDED)] {
        let there: i64 =
            sqlx::query_scalar(dialect::HAS_TABLE).bind(list.table()).fetch_one(&mut *connection).await?;
        if there > 0 {
            applied.extend(sqlx::query_as(query).fetch_all(&mut *connection).await?);
        }
    }
    applied.sort_unstable();
    Ok(applied)
}

pub(super) async fn occupied(
    connection: &mut Connection,
    tables: &[Table],
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for table in tables {
        let query =
            format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM {} LIMIT 1) AS first", table.quoted());
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *connection).await?;
        if rows > 0 {
            found.push(table.name.clone());
        }
    }
    Ok(found)
}

pub(super) async fn count(connection: &mut Connection, table: &Table) -> Result<u64, StoreError> {
    let query = format!("SELECT COUNT(*) FROM {}", table.quoted());
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(connection).await?;
    Ok(u64::try_from(rows).unwrap_or_default())
}

/// Rows that are handed on together.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    /// Bytes of their values.
    bytes: usize,
}

impl Batch {
    /// Adds a row. Returns all of them if there are enough.
    fn add(&mut self, row: Row) -> Option<Vec<Row>> {
        self.bytes = row.iter().fold(self.bytes, |bytes, value| bytes.saturating_add(value.size()));
        self.rows.push(row);
        let is_full = self.rows.len() >= bulk::ROWS_MAX || self.bytes >= BATCH_BYTES;
        is_full.then(|| std::mem::take(self).rows)
    }
}

/// Reads all rows of a table, and hands them on in batches.
pub(super) async fn read(
    connection: &mut Connection,
    table: &Table,
    mut each: impl AsyncFnMut(Vec<Row>) -> Result<(), StoreError>,
) -> Result<Sum, StoreError> {
    let mut sum = Sum::default();
    let mut batch = Batch::default();
    let select = format!("SELECT {} FROM {}", table.column_list(), table.quoted());
    if let Some(key) = table.key_of_large_rows() {
        // One by one: the driver reads dozens of rows ahead.
        for number in 0_i64.. {
            let query = AssertSqlSafe(format!("{select} ORDER BY {key} LIMIT 1 OFFSET $1"));
            let found = sqlx::query(query).bind(number).fetch_optional(&mut *connection).await?;
            let Some(row) = found else { break };
            let row = values(&row, table)?;
            sum.add(&row);
            if let Some(full) = batch.add(row) {
                each(full).await?;
            }
        }
    } else {
        let mut found = sqlx::query(AssertSqlSafe(select)).fetch(connection);
        while let Some(row) = poll_fn(|context| found.as_mut().poll_next(context)).await.transpose()? {
            let row = values(&row, table)?;
            sum.add(&row);
            if let Some(full) = batch.add(row) {
                each(full).await?;
            }
        }
    }
    if !batch.rows.is_empty() {
        each(batch.rows).await?;
    }
    Ok(sum)
}

/// The values of a row; refused if one is not of the type of its column.
fn values(row: &DatabaseRow, table: &Table) -> Result<Row, StoreError> {
    let value = |(index, column): (usize, &layout::Column)| {
        let value = match column.kind {
            Kind::Text => row.try_get(index).map(Value::Text),
            Kind::Integer => row.try_get(index).map(Value::Integer),
            Kind::Bytes => row.try_get(index).map(Value::Bytes),
        };
        value.map_err(|error| StoreError::Refused {
            reason: format!("a value of {}.{} is not what the schema says: {error}", table.name, column.name),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// Writes the rows that come until the end. Returns what the source says of them.
pub(super) async fn write(
    target: &mut Connection,
    tables: &[Table],
    pieces: &mut Receiver<Piece>,
    tell: Tell<'_>,
) -> Result<(Vec<Sum>, Option<Vec<Mismatch>>), StoreError> {
    let (mut done, mut total) = (0_u64, 0_u64);
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Total(rows) => total = rows,
            Piece::Rows(index, rows) => {
                let table = tables
                    .get(index)
                    .ok_or_else(|| StoreError::Refused { reason: "rows of no table came".to_owned() })?;
                done = done.saturating_add(u64::try_from(rows.len()).unwrap_or_default());
                insert(target, table, rows).await?;
                tell(done, total);
            }
            Piece::End(sums, mismatches) => return Ok((sums, mismatches)),
        }
    }
    // The source says why.
    Err(StoreError::Refused { reason: "the source ended before all was read".to_owned() })
}

async fn insert(target: &mut Connection, table: &Table, rows: Vec<Row>) -> Result<(), StoreError> {
    let most = VALUES_MAX.checked_div(table.columns.len()).unwrap_or(1).clamp(1, bulk::ROWS_MAX);
    let mut rows = rows.into_iter();
    loop {
        let some: Vec<Row> = rows.by_ref().take(most).collect();
        if some.is_empty() {
            return Ok(());
        }
        let mut query =
            QueryBuilder::new(format!("INSERT INTO {} ({}) ", table.quoted(), table.column_list()));
        query.push_values(some, |mut tuple, row| {
            for value in row {
                match value {
                    Value::Text(text) => tuple.push_bind(text),
                    Value::Integer(number) => tuple.push_bind(number),
                    Value::Bytes(bytes) => tuple.push_bind(bytes),
                };
            }
        });
        query.build().execute(&mut *target).await.map_err(|error| refused(table, error))?;
    }
}

/// The error of a statement that wrote rows, with the table if the rows are at fault.
fn refused(table: &Table, error: sqlx::Error) -> StoreError {
    let told = error.to_string();
    match StoreError::from(error) {
        StoreError::Internal(_) | StoreError::Conflict { .. } => StoreError::Refused {
            reason: format!("the target does not take a row of table {}: {told}", table.name),
        },
        other => other,
    }
}
