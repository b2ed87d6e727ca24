//! The files of an embedded database: who serves them, and who may read them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::StoreError;

/// The right of one process to serve a file: a lock that the system takes back when the process ends.
///
/// Not a lock on the database file itself: closing that would end the locks of SQLite.
#[derive(Debug, Default)]
pub(crate) struct Claim(Mutex<Option<File>>);

impl Claim {
    /// Takes the lock of a database file, unless this process has it already.
    pub(crate) fn take(&self, database: Option<&Path>) -> Result<(), StoreError> {
        let Some(database) = database else { return Ok(()) };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Some(lock(database)?);
        }
        Ok(())
    }
}

fn lock(database: &Path) -> Result<File, StoreError> {
    // By its real name, so that links to one file have one lock.
    let unavailable = |error: std::io::Error| StoreError::Unavailable {
        reason: format!("the lock beside {} cannot be taken: {error}", database.display()),
    };
    let database = fs::canonicalize(database).map_err(unavailable)?;
    let path = beside(&database, ".lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = open.map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // For people only: the owner may be writing it.
            let _ = file.read_to_string(&mut owner);
            let owner = owner.trim().parse::<u32>().map(|id| format!(" (process {id})")).unwrap_or_default();
            return Err(StoreError::InUse { owner, file: path });
        }
        Err(TryLockError::Error(error)) => return Err(unavailable(error)),
    }
    let write = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    // Its number is for people; a full disk must not keep a host from starting.
    let _ = write(&mut file);
    Ok(file)
}

/// Says which of the files of a database others than their owner may read or write, and how to mend that.
pub(crate) fn exposed(database: &Path) -> Vec<String> {
    if database.parent().is_some_and(|folder| !is_open(folder)) {
        return Vec::new();
    }
    let files = [database.to_owned(), beside(database, "-wal"), beside(database, "-shm")];
    let is_exposed =
        |file: &PathBuf| fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    let names: Vec<String> =
        files.iter().filter(|file| is_exposed(file)).map(|file| file.display().to_string()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let names = names.join(" ");
    vec![format!("other users of this machine may read or write the database: run `chmod 600 {names}`")]
}

/// True unless others than its owner are kept out of a folder. An empty path is the current one.
fn is_open(folder: &Path) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::metadata(folder).map_or(true, |metadata| metadata.permissions().mode() & 0o011 != 0)
}

/// The file with a longer name: `store.sqlite-wal` beside `store.sqlite`.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
