//! Segments: their rules, and the work on their members, each piece of which is written as a whole. Pieces follow each
//! other by a cursor: one that was made of an older state is refused.

mod conditions;
mod facts;
mod published;
mod rfm;
mod sets;
mod work;

use super::cursors::move_cursor;
use super::{Communications, Transaction};
use crate::{MeasureRow, SegmentRow, StoreError};

/// The cursor that every piece of work moves.
const STATE: &str = "segments_state";
/// How far the log is read.
const READ: &str = "segments";

type Row = (String, Option<String>, String, i64, i64, i64, Option<i64>, i64);

impl Communications {
    pub(crate) async fn segment_state(&self) -> Result<i64, StoreError> {
        self.cursor(STATE).await
    }

    pub(crate) async fn segments(&self) -> Result<Vec<SegmentRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT name, title, rule, revision, built, offers, published, changed_at FROM segments",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut segments: Vec<SegmentRow> = rows.into_iter().map(segment).collect();
        // Here and not in SQL, where the order would depend on the collation.
        segments.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(segments)
    }

    pub(crate) async fn put_segment(
        &self,
        state: i64,
        segment: &SegmentRow,
        readers: &[String],
        measures: &[(String, String)],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if !next_state(&mut transaction, state).await? {
            return Ok(false);
        }
        facts::add_measures(&mut transaction, measures).await?;
        sqlx::query(
            "INSERT INTO segments (name, title, rule, revision, offers, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (name) DO UPDATE SET title = $2, rule = $3, revision = $4, offers = $5, changed_at = $6",
        )
        .bind(&segment.name)
        .bind(&segment.title)
        .bind(&segment.rule)
        .bind(segment.revision)
        .bind(i64::from(segment.offers))
        .bind(segment.changed_at)
        .execute(&mut *transaction)
        .await?;
        for reader in readers {
            sqlx::query("UPDATE segments SET revision = revision + 1 WHERE name = $1")
                .bind(reader)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn delete_segment(&self, state: i64, name: &str) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if !next_state(&mut transaction, state).await? {
            return Ok(false);
        }
        for sql in [
            "DELETE FROM segments WHERE name = $1",
            "DELETE FROM segment_sets WHERE segment = $1",
            "DELETE FROM segment_published WHERE segment = $1",
        ] {
            sqlx::query(sql).bind(name).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn measures(&self) -> Result<Vec<MeasureRow>, StoreError> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT measure, digest, definition, is_filled FROM segment_measures ORDER BY measure",
        )
        .fetch_all(&self.pool)
        .await?;
        let measure = |(measure, digest, definition, is_filled): (i64, String, String, i64)| MeasureRow {
            measure,
            digest,
            definition,
            is_filled: is_filled != 0,
        };
        Ok(rows.into_iter().map(measure).collect())
    }
}

/// Moves the state on. False if it is another one than the caller has worked with.
async fn next_state(transaction: &mut Transaction, state: i64) -> Result<bool, StoreError> {
    move_cursor(transaction, STATE, state, state.saturating_add(1)).await
}

fn segment((name, title, rule, revision, built, offers, published, changed_at): Row) -> SegmentRow {
    SegmentRow { name, title, rule, revision, built, offers: offers != 0, published, changed_at }
}
