//! Copying a whole database into another one: all rows of all tables, or nothing.
//!
//! Rows are read in one state of the source and written in one transaction of the target, a batch at a time. The target
//! gets the schema of the source first, and is brought up to date with its rows in it. Before anything counts, the rows
//! are read back and compared with what was read from the source.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::layout::{self, Table};
use crate::{Backend, LocalStoreFuture, Mismatch, Store, StoreError, migrations};

/// Batches that wait to be written.
const BATCHES_WAITING: usize = 2;
/// The most places of a ledger that does not add up which a refusal names.
const MISMATCHES_TOLD: usize = 10;

/// Is told how far some work is: a number, and the number at the end.
pub type Tell<'a> = &'a mut dyn FnMut(u64, u64);

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// Bytes that it holds.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(Some(text)) => text.len(),
            Self::Bytes(Some(bytes)) => bytes.len(),
            Self::Integer(_) | Self::Text(None) | Self::Bytes(None) => size_of::<i64>(),
        }
    }
}

/// The values of a row, in the order of the columns.
pub(crate) type Row = Vec<Value>;

/// Number of the rows of a table, and a digest of them in whatever order they come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: u64,
    digest: u128,
}

impl Sum {
    pub(crate) fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            let integer;
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::Text(None) | Value::Integer(None) | Value::Bytes(None) => (0, &[]),
                Value::Text(Some(text)) => (1, text.as_bytes()),
                Value::Integer(Some(number)) => {
                    integer = number.to_be_bytes();
                    (2, integer.as_slice())
                }
                Value::Bytes(Some(bytes)) => (3, bytes.as_slice()),
            };
            hash.update([kind]);
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        }
        let digest = hash.finalize();
        let first = digest.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        self.rows = self.rows.saturating_add(1);
        self.digest = self.digest.wrapping_add(first);
    }
}

/// A part of what is read from the source.
pub(crate) enum Piece {
    /// Rows of all tables.
    Total(u64),
    /// Some rows of the table with this index.
    Rows(usize, Vec<Row>),
    /// All has been read: the sum of each table, and where the ledger does not add up, if its schema is the latest.
    End(Vec<Sum>, Option<Vec<Mismatch>>),
}

/// The fate of the target.
pub(crate) struct Filling<'a> {
    /// The migrations of the source.
    pub(crate) versions: &'a BTreeSet<i64>,
    /// Its tables.
    pub(crate) tables: &'a [Table],
    /// Where the target is, for people.
    pub(crate) place: String,
    /// Removes what the target has, instead of refusing it.
    pub(crate) replace: bool,
    /// Copies a ledger that does not add up.
    pub(crate) accept: bool,
    /// The time at which the ledger is checked, in seconds since 1970.
    pub(crate) now: i64,
}

/// The outcome of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Names of the tables, each with the number of its rows on both sides.
    pub tables: Vec<(String, u64)>,
    /// The latest migration of the source.
    pub schema: i64,
    /// Places where the ledger does not add up, the same on both sides.
    pub mismatches: Vec<Mismatch>,
}

/// Copies all rows. Whatever fails, the target is as it was.
pub(crate) async fn copy(
    from: &Store,
    to: &Store,
    (replace, accept): (bool, bool),
    tell: Tell<'_>,
) -> Result<Copied, StoreError> {
    let versions = known_versions(from).await?;
    let schema = versions.last().copied().unwrap_or_default();
    let tables = layout::tables(&versions).await?;
    let now = from.now().await?;
    let filling = Filling { versions: &versions, tables: &tables, place: to.place(), replace, accept, now };
    let (sender, mut receiver) = mpsc::channel(BATCHES_WAITING);
    let read: LocalStoreFuture<'_, ()> = on_backend!(from, send_tables(&versions, &tables, now, sender));
    let write: LocalStoreFuture<'_, _> = on_backend!(to, fill(&filling, &to.options, &mut receiver, tell));
    let ((), (sums, mismatches)) = tokio::try_join!(read, write)?;
    let names = tables.into_iter().map(|table| table.name);
    Ok(Copied { tables: names.zip(sums.iter().map(|sum| sum.rows)).collect(), schema, mismatches })
}

/// The migrations of a database that this release knows; refused if there are others, or none.
async fn known_versions(store: &Store) -> Result<BTreeSet<i64>, StoreError> {
    let applied = store.applied_migrations().await?;
    if applied.is_empty() {
        return Err(StoreError::NoDatabase { place: store.place() });
    }
    let named = applied.iter().map(|migration| (migration.version, migration.description.clone()));
    migrations::check_all_known(named.collect())?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

/// Compares the ledgers of both sides, if the source has the latest schema; refused if they differ, or do not add up and
/// that is not accepted.
pub(crate) fn compare_ledgers(
    source: Option<Vec<Mismatch>>,
    target: &[Mismatch],
    accept: bool,
) -> Result<(), StoreError> {
    // The databases order texts differently.
    let sorted = |mismatches: &[Mismatch]| {
        let mut told: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
        told.sort();
        told
    };
    let found = sorted(target);
    if source.is_some_and(|source| sorted(&source) != found) {
        let reason = "the ledger of the copy differs from that of the source; nothing was kept".to_owned();
        return Err(StoreError::Refused { reason });
    }
    if accept || found.is_empty() {
        return Ok(());
    }
    let told = found.get(..MISMATCHES_TOLD).unwrap_or(&found);
    let more = match found.len().saturating_sub(MISMATCHES_TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let reason = format!(
        "the ledger does not add up, and nothing was copied (--accept-problems copies it as it is): \
         {}{more}",
        told.join("; ")
    );
    Err(StoreError::Refused { reason })
}

#[cfg(test)]
mod tests {
    use super::{Row, Sum, Value};

    fn sum(rows: &[Row]) -> Sum {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(row);
        }
        sum
    }

    #[test]
    fn rows_count_in_any_order_and_every_value_counts() {
        let text = |text: &str| Value::Text(Some(text.to_owned()));
        let a = vec![text("a"), Value::Integer(Some(i64::MAX)), Value::Bytes(None)];
        let b = vec![text("b"), Value::Integer(None), Value::Bytes(Some(vec![0, 255]))];
        let whole = sum(&[a.clone(), b.clone()]);
        assert_eq!(whole, sum(&[b.clone(), a.clone()]));
        let mut others = vec![vec![a.clone()], vec![a.clone(), a.clone()]];
        for (index, other) in [
            (0, text("b ")),
            (1, Value::Integer(Some(0))),
            (2, Value::Bytes(Some(vec![]))),
            (2, Value::Bytes(Some(vec![0, 254]))),
        ] {
            let mut changed = b.clone();
            changed[index] = other;
            others.push(vec![a.clone(), changed]);
        }
        // Text that moves from one column to the next.
        let (left, right) = ([text("ab"), text("")], [text("a"), text("b")]);
        assert_ne!(sum(&[left.to_vec()]), sum(&[right.to_vec()]));
        for other in others {
            assert_ne!(sum(&other), whole);
        }
    }
}
