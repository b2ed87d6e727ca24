//! Adds tiles to a folder: all of them or none.

mod file;

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;

use crate::error::FeaturesError;
use crate::manifest::{MOST_FILES, Manifest, Taken};
use crate::tile::{Key, Sums};
use crate::tiles::Tiles;

/// Tiles that are held in memory, 120 bytes each, before they are written.
const BUFFERED: usize = 1_000_000;
/// Tiles of a file.
const ROWS_OF_FILE: usize = 250_000;

/// Adds tiles. They are seen once [`Writer::commit`] has returned; who drops the writer before that leaves
/// the folder as it was.
#[derive(Debug)]
pub struct Writer<'a> {
    tiles: &'a mut Tiles,
    /// The list as it will be.
    manifest: Manifest,
    buffer: Vec<(Key, Sums)>,
    /// Files that are not yet in the folder's list.
    written: Vec<PathBuf>,
    /// Held as long as the writer is.
    _lock: File,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(tiles: &'a mut Tiles) -> Result<Self, FeaturesError> {
        let path = tiles.folder().join(".lock");
        let lock = File::create(&path).map_err(FeaturesError::file(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FeaturesError::tiles(
                    tiles.folder(),
                    "another program is adding tiles; try later",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(FeaturesError::file(&path)(error)),
        }
        // Somebody else may have added tiles since the folder was opened.
        let manifest = Manifest::read(tiles.folder())?;
        Ok(Self { tiles, manifest, buffer: Vec::new(), written: Vec::new(), _lock: lock })
    }

    /// Adds a tile. Several about the same add up.
    ///
    /// # Errors
    ///
    /// Its file cannot be written, or sums are too large.
    pub fn add(&mut self, key: Key, sums: Sums) -> Result<(), FeaturesError> {
        self.buffer.push((key, sums));
        if self.buffer.len() >= BUFFERED { self.flush() } else { Ok(()) }
    }

    /// Puts all that was added into the folder.
    ///
    /// # Errors
    ///
    /// It cannot be written; then nothing was added.
    pub fn commit(mut self) -> Result<(), FeaturesError> {
        self.flush()?;
        self.tiles.replace(self.manifest.clone())?;
        self.written.clear();
        Ok(())
    }

    pub(crate) fn cursor(&self) -> Option<&str> {
        self.manifest.cursor.as_deref()
    }

    pub(crate) fn set_cursor(&mut self, cursor: String) {
        self.manifest.cursor = Some(cursor);
    }

    /// Notes that a file of receipts is taken.
    ///
    /// # Errors
    ///
    /// It was taken before, also under another name, or another one of this name was.
    pub(crate) fn take(&mut self, name: &str, sha256: String) -> Result<(), FeaturesError> {
        if let Some(taken) = self.manifest.taken.iter().find(|taken| taken.sha256 == sha256) {
            return Err(FeaturesError::source(name, format!("was taken before, as {}", taken.name)));
        }
        if self.manifest.taken.iter().any(|taken| taken.name == name) {
            let why = "another file of this name was taken before; corrections come as further receipts, in a file of another name";
            return Err(FeaturesError::source(name, why));
        }
        if self.manifest.taken.len() >= MOST_FILES {
            return Err(FeaturesError::source(
                name,
                format!("{MOST_FILES} files were taken, and no more can be"),
            ));
        }
        self.manifest.taken.push(Taken { name: name.to_owned(), sha256 });
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FeaturesError> {
        let tiles = merged(std::mem::take(&mut self.buffer))
            .ok_or_else(|| FeaturesError::tiles(self.tiles.folder(), "a sum of a tile would be too large"))?;
        for rows in tiles.chunks(ROWS_OF_FILE) {
            if self.manifest.files.len() >= MOST_FILES {
                let why = format!("has {MOST_FILES} files, and no more can be added");
                return Err(FeaturesError::tiles(self.tiles.folder(), why));
            }
            let name = self.free_name();
            let path = self.tiles.folder().join(&name);
            self.written.push(path.clone());
            self.manifest.files.push(file::write(&path, name, rows)?);
        }
        Ok(())
    }

    /// A name that is not in the list. A file of that name is left from a writer that did not get to the end.
    fn free_name(&self) -> String {
        let last =
            self.manifest.files.iter().filter_map(|file| file.name.get(6..14)?.parse::<u64>().ok()).max();
        format!("tiles-{:08}.parquet", last.unwrap_or_default() + 1)
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        for path in &self.written {
            // The next writer overwrites what cannot be removed.
            drop(fs::remove_file(path));
        }
    }
}

/// Tiles in their order, one for each key; `None` if a sum is too large.
fn merged(mut tiles: Vec<(Key, Sums)>) -> Option<Vec<(Key, Sums)>> {
    tiles.sort_unstable_by_key(|(key, _)| *key);
    let mut merged: Vec<(Key, Sums)> = Vec::with_capacity(tiles.len());
    for (key, sums) in tiles {
        match merged.last_mut() {
            Some((last, total)) if *last == key => *total = total.plus(sums)?,
            // The sum with nothing is only looked at for its size.
            _ => merged.push((key, Sums::default().plus(sums)?)),
        }
    }
    Some(merged)
}
