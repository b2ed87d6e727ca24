//! The secret key of this node, made on first use.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

const FILE: &str = "node.key";
const BYTES: usize = 32;

pub(super) type Key = [u8; BYTES];

/// The key in this folder. A new one is made if there is none, or if others can read it.
pub(super) fn open(folder: &Path) -> io::Result<Key> {
    let path = folder.join(FILE);
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    let mut key = Key::default();
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    // Only its owner can read a temporary file.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(key),
        // Another process was faster.
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            read(&path)?.ok_or_else(|| io::Error::other("the key of this node is of no use"))
        }
        Err(error) => Err(error.error),
    }
}

/// Reads a key; one that is damaged, or that others can read, is removed.
fn read(path: &Path) -> io::Result<Option<Key>> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_private = metadata.is_file() && metadata.permissions().mode() & 0o077 == 0;
    if is_private && let Ok(key) = Key::try_from(fs::read(path)?) {
        return Ok(Some(key));
    }
    fs::remove_file(path)?;
    Ok(None)
}
