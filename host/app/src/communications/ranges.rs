//! The table of ranges of phone numbers, which is read from the database once and again when another one was imported.

use std::sync::Arc;

use communications::contacts::{NumberRange, NumberRanges};
use store::NumberRangeRow;

use super::read_ranges::ReadRanges;
use crate::error::Error;
use crate::state::App;

/// The table that was imported last; empty if none was.
pub async fn current(app: &App) -> Result<Arc<NumberRanges>, Error> {
    let read = app.number_ranges.load_full();
    if app.communications.number_ranges_version().await? == read.version {
        return Ok(Arc::clone(&read.ranges));
    }
    let (version, rows) = app.communications.number_ranges().await?;
    let rows: Result<Vec<NumberRange>, Error> = rows.into_iter().map(range).collect();
    let ranges =
        NumberRanges::new(rows?).map_err(|problem| Error::damaged(&format!("number ranges: {problem}")))?;
    let ranges = Arc::new(ranges);
    app.number_ranges.store(Arc::new(ReadRanges { version, ranges: Arc::clone(&ranges) }));
    Ok(ranges)
}

fn range(row: NumberRangeRow) -> Result<NumberRange, Error> {
    let number = |number: i64| u64::try_from(number).map_err(|_| Error::damaged("number ranges"));
    let NumberRangeRow { first, last, operator, region, zone } = row;
    Ok(NumberRange { first: number(first)?, last: number(last)?, operator, region, zone })
}
