//! Copying a database of communications into another one: all of its rows, or none.

use tokio::sync::mpsc;

use super::{Backend, Communications};
use crate::layout::{self, Table};
use crate::{LocalStoreFuture, Options, StoreError, StoreFuture, Tell, migrations};

/// Batches that wait to be written.
const BATCHES_WAITING: usize = 2;

impl Communications {
    /// Refuses a copy into the database at an address if that has rows, or if this one lacks migrations. Changes nothing.
    pub async fn may_be_copied_to(&self, to: &str) -> Result<(), StoreError> {
        self.is_up_to_date().await?;
        let target = match Self::open_existing(to).await {
            Ok(target) => target,
            Err(StoreError::NoDatabase { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let looked = target.refuse_rows().await;
        target.close().await;
        looked
    }

    /// Copies all rows, in one state of them, into the database at an address, whose tables are made and must be empty.
    /// Whatever fails, no row is there. Returns the names of the tables, each with the number of its rows on both sides.
    pub async fn copy_to(&self, to: &str, tell: Tell<'_>) -> Result<Vec<(String, u64)>, StoreError> {
        self.is_up_to_date().await?;
        let tables = layout::tables_of_communications().await?;
        let target = Self::open(Options::job(to)).await?;
        let copied = self.copy_tables(&target, &tables, tell).await;
        target.close().await;
        let names = tables.into_iter().map(|table| table.name);
        Ok(names.zip(copied?).collect())
    }

    async fn copy_tables(
        &self,
        target: &Self,
        tables: &[Table],
        tell: Tell<'_>,
    ) -> Result<Vec<u64>, StoreError> {
        target.claim()?;
        target.migrate().await?;
        target.is_up_to_date().await?;
        target.refuse_rows().await?;
        let (sender, mut receiver) = mpsc::channel(BATCHES_WAITING);
        let read: LocalStoreFuture<'_, ()> = on_backend!(self, send_tables(tables, sender));
        let write: LocalStoreFuture<'_, _> = on_backend!(target, fill(tables, &mut receiver, tell));
        let ((), rows) = tokio::try_join!(read, write)?;
        Ok(rows)
    }

    async fn refuse_rows(&self) -> Result<(), StoreError> {
        let tables = layout::tables_of_communications().await?;
        let occupied: StoreFuture<'_, Vec<String>> = on_backend!(self, occupied(&tables));
        let occupied = occupied.await?;
        if occupied.is_empty() {
            return Ok(());
        }
        Err(StoreError::Occupied { place: self.place(), tables: occupied.join(", ") })
    }

    /// Refuses a schema that is not the one of this release.
    async fn is_up_to_date(&self) -> Result<(), StoreError> {
        let applied = self.applied_migrations().await?;
        let known = migrations::communications::versions();
        if let Some(newer) = applied.iter().find(|migration| !known.contains(&migration.version)) {
            return Err(StoreError::NewerSchema {
                version: newer.version,
                description: newer.description.clone(),
            });
        }
        if applied.len() == known.len() {
            return Ok(());
        }
        let reason = format!(
            "the communications at {} lack migrations of this release: run `offer-host migrate` there first",
            self.place()
        );
        Err(StoreError::Refused { reason })
    }
}
