//! The members of segments.

use super::super::{Communications, Transaction};
use crate::{SetRow, StoreError};

type Row = (i64, Vec<u8>, i64);

impl Communications {
    pub(crate) async fn segment_set(
        &self,
        segment: &str,
        revision: i64,
        container: i64,
    ) -> Result<Option<SetRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT container, members, size FROM segment_sets
             WHERE segment = $1 AND revision = $2 AND container = $3",
        )
        .bind(segment)
        .bind(revision)
        .bind(container)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| set(segment, revision, row)))
    }

    pub(crate) async fn segment_sets(&self, segment: &str, revision: i64) -> Result<Vec<SetRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT container, members, size FROM segment_sets
             WHERE segment = $1 AND revision = $2 ORDER BY container",
        )
        .bind(segment)
        .bind(revision)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| set(segment, revision, row)).collect())
    }

    pub(crate) async fn segment_size(&self, segment: &str, revision: i64) -> Result<i64, StoreError> {
        let query = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM segment_sets
             WHERE segment = $1 AND revision = $2";
        Ok(sqlx::query_scalar(query).bind(segment).bind(revision).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn segment_days(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut days: Vec<(String, i64)> =
            sqlx::query_as("SELECT zone, day FROM segment_days").fetch_all(&self.pool).await?;
        days.sort();
        Ok(days)
    }
}

fn set(segment: &str, revision: i64, (container, members, size): Row) -> SetRow {
    SetRow { segment: segment.to_owned(), revision, container, members, size }
}

pub(super) async fn write(transaction: &mut Transaction, sets: &[SetRow]) -> Result<(), StoreError> {
    for set in sets {
        sqlx::query(
            "INSERT INTO segment_sets (segment, revision, container, members, size) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (segment, revision, container) DO UPDATE SET members = $4, size = $5",
        )
        .bind(&set.segment)
        .bind(set.revision)
        .bind(set.container)
        .bind(&set.members)
        .bind(set.size)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Notes that a revision is worked out; the members of others go.
pub(super) async fn built(
    transaction: &mut Transaction,
    segment: &str,
    revision: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE segments SET built = $1 WHERE name = $2")
        .bind(revision)
        .bind(segment)
        .execute(&mut **transaction)
        .await?;
    sqlx::query("DELETE FROM segment_sets WHERE segment = $1 AND revision <> $2")
        .bind(segment)
        .bind(revision)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
