//! Features as a wide Parquet file: for samples that models are trained on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;

use crate::compute::Batch;
use crate::definitions::Definitions;
use crate::error::FeaturesError;

/// Writes `member` and a column for each feature, by its name. There is no file before [`Export::finish`].
pub struct Export {
    path: PathBuf,
    part: PathBuf,
    schema: SchemaRef,
    writer: Option<ArrowWriter<File>>,
}

impl Export {
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn create(path: &Path, definitions: &Definitions) -> Result<Self, FeaturesError> {
        let mut fields = vec![Field::new("member", DataType::Int64, false)];
        fields.extend(definitions.features().iter().map(|of| Field::new(&of.name, DataType::Int64, false)));
        let schema = Arc::new(Schema::new(fields));
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(FeaturesError::file(&part))?;
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let mut export = Self { path: path.to_owned(), part, schema, writer: None };
        let writer = ArrowWriter::try_new(file, Arc::clone(&export.schema), Some(properties));
        export.writer = Some(writer.map_err(|error| export.unwritable(&error))?);
        Ok(export)
    }

    /// # Errors
    ///
    /// The file cannot be written.
    pub fn add(&mut self, batch: &Batch) -> Result<(), FeaturesError> {
        let array = |column: &Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(column.clone())) };
        let columns = std::iter::once(&batch.members).chain(&batch.columns).map(array).collect();
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| self.unwritable(&ParquetError::from(error)))?;
        let written =
            self.writer.as_mut().map_or(Ok(()), |writer| writer.write(&rows).and_then(|()| writer.flush()));
        written.map_err(|error| self.unwritable(&error))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<(), FeaturesError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let file = writer.into_inner().map_err(|error| self.unwritable(&error))?;
        file.sync_all().map_err(FeaturesError::file(&self.part))?;
        fs::rename(&self.part, &self.path).map_err(FeaturesError::file(&self.path))
    }

    fn unwritable(&self, error: &ParquetError) -> FeaturesError {
        FeaturesError::Source {
            source_name: self.path.display().to_string(),
            why: format!("cannot be written: {error}"),
        }
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // After `finish` there is none.
        drop(fs::remove_file(&self.part));
    }
}
