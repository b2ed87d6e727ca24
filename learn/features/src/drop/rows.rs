//! Rows of a file as texts, by the columns of [`DROP_COLUMNS`].

use std::fs::File;
use std::io::Read;

use datafusion::arrow::array::{Array as _, ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::DROP_COLUMNS;
use crate::error::FeaturesError;

/// The fields of a row in the order of [`DROP_COLUMNS`]; empty where there is none.
pub(super) type Fields<'a> = [&'a str; DROP_COLUMNS.len()];

/// Takes a row and its number, from 1 behind the heading.
pub(super) type Each<'a> = dyn FnMut(u64, &Fields<'_>) -> Result<(), FeaturesError> + 'a;

/// Where in a file each of [`DROP_COLUMNS`] is.
fn places(name: &str, found: &[String]) -> Result<[Option<usize>; DROP_COLUMNS.len()], FeaturesError> {
    for (index, column) in found.iter().enumerate() {
        let known = || DROP_COLUMNS.map(|(known, _)| known).join(", ");
        if !DROP_COLUMNS.iter().any(|(known, _)| known == column) {
            let why = format!("column \"{column}\" is not known; columns are {}", known());
            return Err(FeaturesError::source(name, why));
        }
        if found.iter().take(index).any(|other| other == column) {
            return Err(FeaturesError::source(name, format!("column \"{column}\" is there twice")));
        }
    }
    let mut places = [None; DROP_COLUMNS.len()];
    for (place, (column, required)) in places.iter_mut().zip(DROP_COLUMNS) {
        *place = found.iter().position(|other| other == column);
        if place.is_none() && required {
            return Err(FeaturesError::source(name, format!("column \"{column}\" is missing")));
        }
    }
    Ok(places)
}

/// Reads comma-separated rows (UTF-8) with a heading.
pub(super) fn csv(name: &str, file: impl Read, each: &mut Each<'_>) -> Result<(), FeaturesError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let unreadable = |error: csv::Error| FeaturesError::source(name, format!("cannot be read: {error}"));
    let heading = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect::<Vec<_>>();
    let places = places(name, &heading)?;
    let mut record = csv::StringRecord::new();
    let mut number = 0;
    while reader.read_record(&mut record).map_err(unreadable)? {
        number += 1;
        let fields = places.map(|place| place.and_then(|place| record.get(place)).unwrap_or_default());
        each(number, &fields)?;
    }
    Ok(())
}

/// Reads a Parquet file: texts, integers, decimals, dates and timestamps, but no floating-point numbers.
pub(super) fn parquet(name: &str, file: File, each: &mut Each<'_>) -> Result<(), FeaturesError> {
    let damaged =
        |error: String| FeaturesError::source(name, format!("is not a whole Parquet file: {error}"));
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(error.to_string()))?;
    let heading = builder.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let places = places(name, &heading)?;
    for field in builder.schema().fields() {
        if !readable(field.data_type()) {
            let why = format!(
                "column \"{}\" is of type {}: texts, integers, decimals, dates and timestamps are read",
                field.name(),
                field.data_type()
            );
            return Err(FeaturesError::source(name, why));
        }
    }
    let mut number = 0;
    for batch in builder.build().map_err(|error| damaged(error.to_string()))? {
        let batch = batch.map_err(|error| damaged(error.to_string()))?;
        let columns = texts(&batch).map_err(damaged)?;
        for row in 0..batch.num_rows() {
            number += 1;
            let fields = places.map(|place| {
                let column = place.and_then(|place| columns.get(place));
                column
                    .filter(|column| !column.is_null(row))
                    .map(|column| column.value(row))
                    .unwrap_or_default()
            });
            each(number, &fields)?;
        }
    }
    Ok(())
}

fn readable(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Timestamp(_, _)
        | DataType::Decimal128(_, _) => true,
        DataType::Dictionary(_, values) => readable(values),
        other => other.is_integer(),
    }
}

fn texts(batch: &RecordBatch) -> Result<Vec<StringArray>, String> {
    let text = |column: &ArrayRef| -> Result<StringArray, String> {
        let cast = cast(column, &DataType::Utf8).map_err(|error| error.to_string())?;
        cast.as_any().downcast_ref::<StringArray>().cloned().ok_or_else(|| "a column is no text".to_owned())
    };
    batch.columns().iter().map(text).collect()
}
