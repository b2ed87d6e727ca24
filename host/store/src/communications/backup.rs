//! A backup of an embedded database of communications in one file, and putting one back.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Communications, file_of};
use crate::files::{self, Claim, Part, SIDES, beside};
use crate::{Options, StoreError};

impl Communications {
    /// Writes one state of an embedded database into a file, while others write. The file is there once it is whole.
    /// Returns its size in bytes.
    pub async fn back_up(&self, file: &Path, replace: bool) -> Result<u64, StoreError> {
        let super::Backend::Sqlite(database) = &self.backend else { return Err(of_server()) };
        let unusable = |error: std::io::Error| refused(file, &error.to_string());
        if !replace && file.exists() {
            return Err(refused(file, "is there already: name another file, or give --overwrite"));
        }
        let part = Part::create(beside(file, &format!(".partial-{}", std::process::id())));
        let part = part.map_err(unusable)?;
        let name = part.path().to_str().ok_or_else(|| refused(file, "the name must be UTF-8"))?;
        database.copy_into(name).await?;
        let bytes = fs::metadata(part.path()).map_err(unusable)?.len();
        part.place(file).map_err(unusable)?;
        Ok(bytes)
    }
}

/// A backup of communications that was copied and checked, but is not yet in place. Dropping it leaves everything as it
/// was.
#[derive(Debug)]
pub struct RestoringCommunications {
    file: PathBuf,
    part: Part,
    /// No host starts meanwhile.
    _claim: Claim,
}

impl RestoringCommunications {
    /// Makes ready to put a backup in the place of the embedded database at `url`, brought up to date. Refuses a file that
    /// is no such backup, and a database that a host serves.
    pub async fn begin(backup: &Path, url: &str) -> Result<Self, StoreError> {
        let file = file_of(url).ok_or_else(of_server)?;
        let claim = Claim::default();
        claim.take(Some(&file))?;
        let part = Part::create(beside(&file, ".restoring"));
        let mut part = part.map_err(|error| refused(&file, &error.to_string()))?;
        part.copy_from(backup).map_err(|error| refused(backup, &error.to_string()))?;
        bring_up_to_date(part.path(), backup).await?;
        Ok(Self { file, part, _claim: claim })
    }

    /// Puts it in place. What was there is kept under the name that is returned.
    pub fn finish(self) -> Result<Option<PathBuf>, StoreError> {
        let Self { file, part, _claim } = self;
        let unusable = |error: std::io::Error| refused(&file, &error.to_string());
        let kept = file.exists().then(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            beside(&file, &format!(".replaced-{now}"))
        });
        if let Some(kept) = &kept {
            fs::rename(&file, kept).map_err(unusable)?;
            for side in SIDES.into_iter().filter(|side| beside(&file, side).exists()) {
                fs::rename(beside(&file, side), beside(kept, side)).map_err(unusable)?;
            }
        }
        part.place(&file).map_err(unusable)?;
        Ok(kept)
    }
}

/// Checks that a copy of a backup is a database of communications, and brings it up to date.
async fn bring_up_to_date(copy: &Path, backup: &Path) -> Result<(), StoreError> {
    let unreadable = |error: StoreError| refused(backup, &format!("cannot be restored: {error}"));
    let url = format!("sqlite://{}", copy.display());
    let opened = Communications::open(Options::job(&url)).await.map_err(unreadable)?;
    let checked = async {
        if opened.applied_migrations().await?.is_empty() {
            return Err(refused(backup, "has no tables of communications"));
        }
        opened.migrate().await
    };
    let checked = checked.await.map_err(unreadable);
    opened.close().await;
    checked?;
    if files::has_log(copy) {
        return Err(refused(backup, "another program has its copy open"));
    }
    Ok(())
}

/// The refusal of a database that is no file.
fn of_server() -> StoreError {
    let reason = "the database of communications is no file: with PostgreSQL, back its schema up by \
                  `pg_dump --schema=communications`, and put it back by `psql`";
    StoreError::Refused { reason: reason.to_owned() }
}

fn refused(file: &Path, reason: &str) -> StoreError {
    StoreError::Refused { reason: format!("{}: {reason}", file.display()) }
}
