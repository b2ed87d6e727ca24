//! Writes a file of tiles.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use sha2::{Digest as _, Sha256};

use crate::code::{bucket_of, hex};
use crate::error::FeaturesError;
use crate::manifest::TileFile;
use crate::tile::{COLUMNS, Key, Sums, row};
use crate::tiles::{Hashing, Tiles};

/// Rows of a row group: readers skip those without the buckets that they look for.
const ROWS_OF_GROUP: usize = 65_536;

/// Writes tiles, which are sorted, each key once.
pub(super) fn write(path: &Path, name: String, tiles: &[(Key, Sums)]) -> Result<TileFile, FeaturesError> {
    let unwritable = |error: ParquetError| FeaturesError::tiles(path, format!("cannot be written: {error}"));
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let file = File::create(path).map_err(FeaturesError::file(path))?;
    let hashing = Hashing { digest: Sha256::new(), inner: file };
    let mut writer = ArrowWriter::try_new(hashing, Tiles::schema(), Some(properties)).map_err(unwritable)?;
    for rows in tiles.chunks(ROWS_OF_GROUP) {
        let batch = batch(path, rows)?;
        writer.write(&batch).and_then(|()| writer.flush()).map_err(unwritable)?;
    }
    let hashing = writer.into_inner().map_err(unwritable)?;
    hashing.inner.sync_all().map_err(FeaturesError::file(path))?;
    let bucket = |tile: Option<&(Key, Sums)>| tile.map(|(key, _)| bucket_of(key.member)).unwrap_or_default();
    Ok(TileFile {
        name,
        rows: u64::try_from(tiles.len()).unwrap_or(u64::MAX),
        bytes: hashing.inner.metadata().map_err(FeaturesError::file(path))?.len(),
        sha256: hex(&hashing.digest.finalize()),
        first_bucket: bucket(tiles.first()),
        last_bucket: bucket(tiles.last()),
    })
}

fn batch(path: &Path, tiles: &[(Key, Sums)]) -> Result<RecordBatch, FeaturesError> {
    let mut columns = COLUMNS.map(|_| Vec::with_capacity(tiles.len()));
    for (key, sums) in tiles {
        let values = row(key, *sums)
            .ok_or_else(|| FeaturesError::tiles(path, format!("day {} is not in the calendar", key.day)))?;
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    let columns = columns.map(|column| -> ArrayRef { Arc::new(Int64Array::from(column)) });
    RecordBatch::try_new(Tiles::schema(), columns.to_vec())
        .map_err(|error| FeaturesError::tiles(path, format!("cannot be written: {error}")))
}
