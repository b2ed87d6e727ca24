//! The note that a host keeps beside an embedded database: how far the audit log and the ledger have come. It is written
//! apart from the database, so that a database which lacks its last changes can be told.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::files::beside;

/// The last records that a database is known to have, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Note {
    /// The mark in the header of the file; 0 after a host has stopped.
    pub(crate) mark: i64,
    /// Number of the last record of the audit log.
    pub(crate) audit: i64,
    /// Number of the last entry of the ledger.
    pub(crate) entry: i64,
}

/// The file of the note of a database.
pub(crate) fn file(database: &Path) -> PathBuf {
    beside(database, ".noted")
}

impl Note {
    /// The note of a database; none if there is none, or it cannot be read.
    pub(crate) fn read(database: &Path) -> Option<Self> {
        let text = fs::read_to_string(file(database)).ok()?;
        let number = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        };
        Some(Self { mark: number("mark ")?, audit: number("audit ")?, entry: number("ledger ")? })
    }

    /// Writes the note, unless it says so already. Whoever reads it finds the old or the new one.
    pub(crate) fn write(self, database: &Path) -> std::io::Result<()> {
        if Self::read(database) == Some(self) {
            return Ok(());
        }
        let new = beside(database, ".noted.new");
        let mut open = OpenOptions::new();
        let mut written = open.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let Self { mark, audit, entry } = self;
        write!(written, "mark {mark}\naudit {audit}\nledger {entry}\n")?;
        fs::rename(new, file(database))
    }

    /// Removes the note: what it says is of another database.
    pub(crate) fn remove(database: &Path) -> std::io::Result<()> {
        match fs::remove_file(file(database)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_a_torn_one_is_none() {
        let folder = tempfile::TempDir::new().unwrap();
        let database = folder.path().join("store.sqlite");
        assert_eq!(Note::read(&database), None);
        let note = Note { mark: 7, audit: 32, entry: i64::MAX };
        note.write(&database).unwrap();
        assert_eq!(Note::read(&database), Some(note));
        fs::write(file(&database), "mark 7\naudit 3").unwrap();
        assert_eq!(Note::read(&database), None);
        Note::remove(&database).unwrap();
        Note::remove(&database).unwrap();
        assert_eq!(Note::read(&database), None);
    }
}
