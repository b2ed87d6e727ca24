//! A folder of tiles.

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest as _, Sha256};

use crate::code::hex;
use crate::error::FeaturesError;
use crate::manifest::{Manifest, TileFile};
use crate::tile::COLUMNS;
use crate::writer::Writer;

/// A folder of tiles: Parquet files, and `tiles.json`, which lists them.
///
/// Files are never changed. What comes later is in further files, and sums add up over all of them.
#[derive(Debug)]
pub struct Tiles {
    folder: PathBuf,
    manifest: Manifest,
}

impl Tiles {
    /// Makes a folder without tiles.
    ///
    /// # Errors
    ///
    /// It holds tiles already, or cannot be made.
    pub fn create(folder: &Path) -> Result<Self, FeaturesError> {
        if Manifest::path(folder).exists() {
            return Err(FeaturesError::tiles(folder, "holds tiles already"));
        }
        fs::create_dir_all(folder).map_err(FeaturesError::file(folder))?;
        let manifest = Manifest::new();
        manifest.write(folder)?;
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// Opens a folder, and looks at each file's size, columns and number of rows.
    ///
    /// # Errors
    ///
    /// It is not a folder of tiles, or a file is missing, cut off or has other columns.
    pub fn open(folder: &Path) -> Result<Self, FeaturesError> {
        if !Manifest::path(folder).exists() {
            return Err(FeaturesError::tiles(folder, "is not a folder of tiles: it has no tiles.json"));
        }
        let manifest = Manifest::read(folder)?;
        for file in &manifest.files {
            check(&folder.join(&file.name), file)?;
        }
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// Opens a folder, or makes it if there is none.
    ///
    /// # Errors
    ///
    /// As [`Self::open`] and [`Self::create`].
    pub fn open_or_create(folder: &Path) -> Result<Self, FeaturesError> {
        if Manifest::path(folder).exists() { Self::open(folder) } else { Self::create(folder) }
    }

    /// Reads all files and compares them with their digests.
    ///
    /// # Errors
    ///
    /// A file has changed since it was written.
    pub fn verify(&self) -> Result<(), FeaturesError> {
        for file in &self.manifest.files {
            let path = self.folder.join(&file.name);
            if digest_of(&path)? != file.sha256 {
                return Err(FeaturesError::tiles(
                    &path,
                    "has other bytes than were written; restore the folder",
                ));
            }
        }
        Ok(())
    }

    /// A SHA-256 in hexadecimal digits over the names and digests of all files.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for file in &self.manifest.files {
            digest.update(format!("{} {}\n", file.sha256, file.name));
        }
        hex(&digest.finalize())
    }

    /// Begins to add tiles. Nothing is seen of them before [`Writer::commit`].
    ///
    /// # Errors
    ///
    /// Another program is adding tiles to this folder.
    pub fn writer(&mut self) -> Result<Writer<'_>, FeaturesError> {
        Writer::new(self)
    }

    /// The last event of the results feed whose receipts are in the tiles: reading goes on after it.
    pub fn cursor(&self) -> Option<&str> {
        self.manifest.cursor.as_deref()
    }

    /// True if a file of receipts of this name was taken.
    pub fn has_taken(&self, name: &str) -> bool {
        self.manifest.taken.iter().any(|taken| taken.name == name)
    }

    /// Number of tiles. Tiles about the same are counted once for each file that they are in.
    pub fn rows(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.rows).sum()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that have tiles of these buckets; they may have tiles of others too.
    pub fn files_of(&self, buckets: &Range<u32>) -> Vec<PathBuf> {
        let holds = |file: &&TileFile| file.first_bucket < buckets.end && file.last_bucket >= buckets.start;
        self.manifest.files.iter().filter(holds).map(|file| self.folder.join(&file.name)).collect()
    }

    /// The columns of a file of tiles.
    pub fn schema() -> SchemaRef {
        Arc::new(Schema::new(COLUMNS.map(|name| Field::new(name, DataType::Int64, false)).to_vec()))
    }

    /// Makes another list the folder's.
    pub(crate) fn replace(&mut self, manifest: Manifest) -> Result<(), FeaturesError> {
        manifest.write(&self.folder)?;
        self.manifest = manifest;
        Ok(())
    }
}

fn check(path: &Path, file: &TileFile) -> Result<(), FeaturesError> {
    let opened = File::open(path).map_err(FeaturesError::file(path))?;
    let bytes = opened.metadata().map_err(FeaturesError::file(path))?.len();
    if bytes != file.bytes {
        let why = format!("has {bytes} bytes and was written with {}; restore the file", file.bytes);
        return Err(FeaturesError::tiles(path, why));
    }
    let reader = ParquetRecordBatchReaderBuilder::try_new(opened)
        .map_err(|error| FeaturesError::tiles(path, format!("is not a Parquet file: {error}")))?;
    let wanted = Tiles::schema();
    let found = reader.schema();
    for (index, name) in COLUMNS.iter().enumerate() {
        match found.fields().get(index) {
            Some(field) if field.name() == name && field.data_type() == &DataType::Int64 => {}
            Some(field) => {
                let why = format!(
                    "column {} is {} of type {}, not {name} of type Int64",
                    index + 1,
                    field.name(),
                    field.data_type()
                );
                return Err(FeaturesError::tiles(path, why));
            }
            None => return Err(FeaturesError::tiles(path, format!("has no column {name}"))),
        }
    }
    if found.fields().len() != wanted.fields().len() {
        return Err(FeaturesError::tiles(path, "has more columns than tiles have"));
    }
    let rows = reader.metadata().file_metadata().num_rows();
    if u64::try_from(rows) != Ok(file.rows) {
        return Err(FeaturesError::tiles(
            path,
            format!("has {rows} rows and was written with {}", file.rows),
        ));
    }
    Ok(())
}

/// The SHA-256 of a file in hexadecimal digits.
pub(crate) fn digest_of(path: &Path) -> Result<String, FeaturesError> {
    let mut file = File::open(path).map_err(FeaturesError::file(path))?;
    let mut digest = Hashing { digest: Sha256::new(), inner: std::io::sink() };
    std::io::copy(&mut file, &mut digest).map_err(FeaturesError::file(path))?;
    Ok(hex(&digest.digest.finalize()))
}

/// Writes on, and keeps the digest of what was written.
pub(crate) struct Hashing<W> {
    pub(crate) digest: Sha256,
    pub(crate) inner: W,
}

impl<W: std::io::Write> std::io::Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
