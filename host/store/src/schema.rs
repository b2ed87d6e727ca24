//! Migrations that have been applied, and the data that undoing them would remove.

use std::collections::BTreeSet;

use crate::layout::{self, Table};
use crate::{AppliedMigration, Backend, Lost, Store, StoreError, StoreFuture, migrations};

/// Migrations that are named to a caller who asks for one that is not there.
const NEAREST: usize = 3;

impl Store {
    /// The migrations that were applied, by version; none if there is no schema yet.
    pub fn applied_migrations(&self) -> StoreFuture<'_, Vec<AppliedMigration>> {
        on_backend!(self, applied())
    }

    /// The tables and columns that [`Store::revert_to`] would remove, with the number of rows that they have now.
    pub async fn lost_by_reverting(&self, version: i64) -> Result<Vec<Lost>, StoreError> {
        let applied = self.applied_migrations().await?;
        let now: BTreeSet<i64> = applied.into_iter().map(|migration| migration.version).collect();
        let then = now.iter().copied().filter(|applied| *applied <= version).collect();
        let (now, then) = (layout::tables(&now).await?, layout::tables(&then).await?);
        let mut lost = Vec::new();
        for table in now {
            let kept = then.iter().find(|kept| kept.name == table.name);
            for column in lost_columns(&table, kept) {
                let counted = column.as_ref().or(table.columns.first().map(|first| &first.name));
                let Some(counted) = counted else { continue };
                let (rows, filled) = self.count_values(&table.name, counted).await?;
                let filled = if column.is_some() { filled } else { rows };
                lost.push(Lost { table: table.name.clone(), column, rows, filled });
            }
        }
        Ok(lost)
    }

    /// Refuses a version to go back to that is neither 0 nor a migration that was applied or that this release has: a
    /// wrong digit would undo almost everything.
    pub async fn check_version(&self, version: i64) -> Result<(), StoreError> {
        let mut versions = migrations::known();
        let applied = self.applied_migrations().await?;
        versions.extend(applied.into_iter().map(|applied| (applied.version, applied.description)));
        if version == 0 || versions.contains_key(&version) {
            return Ok(());
        }
        let named = |found: i64| {
            let description = versions.get(&found).map(String::as_str).unwrap_or_default();
            format!("{found} ({description})")
        };
        let nearest: Vec<String> =
            migrations::like(&versions, version, NEAREST).into_iter().map(named).collect();
        let reason = format!(
            "there is no migration {version}, and nothing was done; the nearest are {}",
            nearest.join(", ")
        );
        Err(StoreError::Refused { reason })
    }

    fn count_values<'a>(&'a self, table: &'a str, column: &'a str) -> StoreFuture<'a, (i64, i64)> {
        on_backend!(self, count_values(table, column))
    }
}

/// The columns that go; a single `None` if the whole table does.
fn lost_columns(table: &Table, kept: Option<&Table>) -> Vec<Option<String>> {
    let Some(kept) = kept else { return vec![None] };
    let goes = |name: &String| !kept.columns.iter().any(|column| column.name == *name);
    table.columns.iter().map(|column| &column.name).filter(|name| goes(name)).cloned().map(Some).collect()
}
