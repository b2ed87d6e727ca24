//! The table of ranges of phone numbers.

use super::super::bulk::{ROWS_MAX, statement};
use super::Communications;
use super::members::{lock_sequence, set_sequence};
use crate::{NumberRangeRow, StoreError};

/// Name of the count of imports.
const COUNT: &str = "number_ranges";

type Range = (i64, i64, String, String, String);

impl Communications {
    pub(crate) async fn put_number_ranges(&self, ranges: &[NumberRangeRow]) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await?;
        // Two imports at a time follow each other.
        let count = lock_sequence(&mut transaction, COUNT).await?.saturating_add(1);
        set_sequence(&mut transaction, COUNT, count).await?;
        sqlx::query("DELETE FROM number_ranges").execute(&mut *transaction).await?;
        for ranges in ranges.chunks(ROWS_MAX) {
            let mut query =
                statement("INSERT INTO number_ranges (first_number, last_number, operator, region, zone) ");
            query.push_values(ranges, |mut row, range| {
                row.push_bind(range.first)
                    .push_bind(range.last)
                    .push_bind(range.operator.clone())
                    .push_bind(range.region.clone())
                    .push_bind(range.zone.clone());
            });
            query.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(count)
    }

    pub(crate) async fn number_ranges_version(&self) -> Result<i64, StoreError> {
        let query = "SELECT last FROM sequences WHERE name = $1";
        Ok(sqlx::query_scalar(query).bind(COUNT).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn number_ranges(&self) -> Result<(i64, Vec<NumberRangeRow>), StoreError> {
        // Read before the rows: at worst they are read again.
        let count = self.number_ranges_version().await?;
        let query = "SELECT first_number, last_number, operator, region, zone FROM number_ranges
                     ORDER BY first_number";
        let rows: Vec<Range> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        let range =
            |(first, last, operator, region, zone)| NumberRangeRow { first, last, operator, region, zone };
        Ok((count, rows.into_iter().map(range).collect()))
    }
}
