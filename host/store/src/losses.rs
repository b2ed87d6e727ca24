//! Telling an embedded database that lacks its last changes, as a copy of the main file alone does while a host runs.
//!
//! Two things tell: the note beside the database (see `noted`), which says how far it had come, and a mark in the header of
//! the file, which is there while a host serves it. A copy has the mark but no note that knows it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::noted::{self, Note};
use crate::sqlite::Sqlite;
use crate::{Backend, Store, StoreError, files};

/// 1 January 2026, in seconds since 1970: marks are seconds since then, and have 31 bits.
const MARKS_BEGIN: i64 = 1_767_225_600;
/// The largest mark.
const MARK_MAX: i64 = 0x7fff_ffff;
/// Time between two looks at note and mark.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Reason for which a database lacks changes, or may lack them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// It has less than a host noted beside it.
    #[error(
        "the database is older than what a host noted beside it ({}): the audit log ends with number {audit}, \
         noted was {audit_noted}; the ledger with entry {entry}, noted was {entry_noted}. What came between is missing: a copy \
         of a database in use needs its write-ahead log too, `offer-host backup` makes a whole one. (If the file was put \
         here on purpose, remove the note.)", .file.display()
    )]
    Behind {
        /// The last record of the audit log.
        audit: i64,
        /// The last one that was noted.
        audit_noted: i64,
        /// The last entry of the ledger, counted over all members.
        entry: i64,
        /// The last one that was noted.
        entry_noted: i64,
        /// The file of the note.
        file: PathBuf,
    },
    /// It was copied while a host served it, and no write-ahead log came along.
    #[error(
        "this database was copied while a host served it, without its write-ahead log: the last changes before \
         the copy may be missing, also those of the audit log and of the ledger. `offer-host backup` makes a whole copy. \
         (If all of its files were copied at once, or another program's backup made it, nothing is missing; the next \
         host that serves it takes it as it is.)"
    )]
    WithoutLog,
}

impl Store {
    /// Says whether an embedded database lacks its last changes, as far as that can be told; nothing of PostgreSQL, which
    /// keeps its own log.
    pub async fn loss(&self) -> Result<Option<Loss>, StoreError> {
        let Some((database, file)) = self.embedded() else { return Ok(None) };
        // Before the database is asked: a host that runs notes what is there already.
        let note = Note::read(&file);
        let mark = database.mark().await?;
        if let Some(note) = note {
            let (audit, entry) = (self.audit_head().await?.number, database.last_entry().await?);
            if audit < note.audit || entry < note.entry {
                return Ok(Some(Loss::Behind {
                    audit,
                    audit_noted: note.audit,
                    entry,
                    entry_noted: note.entry,
                    file: noted::file(&file),
                }));
            }
        }
        let is_in_place = mark == 0 || note.is_some_and(|note| note.mark == mark) || self.had_log;
        Ok((!is_in_place).then_some(Loss::WithoutLog))
    }

    /// As [`Store::loss`], beside a host that may just be starting or stopping: note and mark change one after the other,
    /// so a loss counts if it is seen twice.
    pub async fn lasting_loss(&self) -> Result<Option<Loss>, StoreError> {
        if self.loss().await?.is_none() {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        self.loss().await
    }

    /// Marks an embedded database as served by this process, which has claimed it, and notes how far it has come.
    pub async fn mark_served(&self) -> Result<(), StoreError> {
        let Some((database, file)) = self.embedded() else { return Ok(()) };
        let mut mark = database.mark().await?;
        let is_noted = mark != 0 && Note::read(&file).is_some_and(|note| note.mark == mark);
        if !is_noted {
            mark = self.now().await?.saturating_sub(MARKS_BEGIN).clamp(1, MARK_MAX);
        }
        // The note first: a mark that it does not know would look like a copy.
        self.note(mark, None).await?;
        database.set_mark(mark).await
    }

    /// Notes how far an embedded database has come since [`Store::mark_served`].
    pub async fn note_progress(&self) -> Result<(), StoreError> {
        let Some((database, file)) = self.embedded() else { return Ok(()) };
        self.note(database.mark().await?, Note::read(&file)).await
    }

    /// Takes the mark away: from here on the file alone is the whole database, once it is closed.
    pub async fn mark_stopped(&self) -> Result<(), StoreError> {
        let Some((database, file)) = self.embedded() else { return Ok(()) };
        database.set_mark(0).await?;
        self.note(0, Note::read(&file)).await
    }

    /// Removes note and mark of an embedded database, whose schema has gone back.
    pub async fn forget_progress(&self) -> Result<(), StoreError> {
        let Some((database, file)) = self.embedded() else { return Ok(()) };
        database.set_mark(0).await?;
        Note::remove(&file).map_err(|error| unwritable(&file, &error))
    }

    /// Notes how far the database has come, or had come before: less than that is a loss that stays told.
    async fn note(&self, mark: i64, before: Option<Note>) -> Result<(), StoreError> {
        let Some((database, file)) = self.embedded() else { return Ok(()) };
        let (audit, entry) = (self.audit_head().await?.number, database.last_entry().await?);
        let note = Note {
            mark,
            audit: before.map_or(audit, |before| audit.max(before.audit)),
            entry: before.map_or(entry, |before| entry.max(before.entry)),
        };
        note.write(&file).map_err(|error| unwritable(&file, &error))
    }

    /// The database and its file by its real name; nothing of one in memory, or of PostgreSQL.
    pub(crate) fn embedded(&self) -> Option<(&Sqlite, PathBuf)> {
        let Backend::Sqlite(database) = &self.backend else { return None };
        let file = self.file()?;
        Some((database, files::real(&file).unwrap_or(file)))
    }
}

fn unwritable(database: &Path, error: &std::io::Error) -> StoreError {
    let file = noted::file(database);
    StoreError::Unavailable { reason: format!("{} cannot be written: {error}", file.display()) }
}
