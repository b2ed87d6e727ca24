//! Imports of the table of ranges of phone numbers, which replaces the one before as a whole.

mod read;

use communications::contacts::{NumberRange, NumberRanges, RANGES_MAX};
use serde_json::json;
use store::NumberRangeRow;
use wire::problem::Problems;

use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;
use crate::stream::ByteStream;

/// Puts a table in the place of the one before. Refused as a whole if one of its ranges is wrong. Returns how many there
/// are.
pub async fn import(app: App, body: ByteStream, is_csv: bool, actor: Actor) -> Result<usize, Error> {
    let ranges = read::all(body, is_csv, &app.config.limits).await?;
    let rows: Option<Vec<NumberRangeRow>> = ranges.iter().map(row).collect();
    let rows = rows.ok_or(Error::Internal)?;
    let overlap = |problem: String| refused(Problems::of_document("number_ranges_overlap", problem));
    let table = NumberRanges::new(ranges).map_err(|problem| overlap(problem.to_string()))?;
    app.communications.put_number_ranges(&rows).await?;
    let entry = actor.entry("number_ranges.import", "number_ranges", json!({"ranges": table.len()}));
    app.store.audit_append(&entry).await?;
    Ok(table.len())
}

fn row(range: &NumberRange) -> Option<NumberRangeRow> {
    Some(NumberRangeRow {
        first: i64::try_from(range.first).ok()?,
        last: i64::try_from(range.last).ok()?,
        operator: range.operator.clone(),
        region: range.region.clone(),
        zone: range.zone.clone(),
    })
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "number_ranges_refused", what: "the table has problems", problems }
}

/// More ranges than are kept.
fn too_many() -> Error {
    refused(Problems::of_document(
        "too_many_rows",
        format!("a table has at most {RANGES_MAX} ranges; join neighbours with the same operator and zone"),
    ))
}
