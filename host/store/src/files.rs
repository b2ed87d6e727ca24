//! The files of an embedded database: who serves them, and who may read them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::StoreError;

/// Endings of the files that SQLite keeps beside a database.
pub(crate) const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

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
    let database = real(database).map_err(unavailable)?;
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

/// The name of a file without links, also of one that is not there yet.
pub(crate) fn real(file: &Path) -> std::io::Result<PathBuf> {
    let there = fs::canonicalize(file);
    let (Err(error), Some(name)) = (&there, file.file_name()) else { return there };
    if error.kind() != ErrorKind::NotFound {
        return there;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(fs::canonicalize(folder)?.join(name))
}

/// True if a write-ahead log with something in it lies beside a database.
pub(crate) fn has_log(database: &Path) -> bool {
    fs::metadata(beside(database, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// A file that is being made, and takes the place of another at once when it is whole. It is removed if that never
/// happens, unless the process is killed.
#[derive(Debug)]
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    /// A write-ahead log came along.
    had_log: bool,
    is_placed: bool,
}

impl Part {
    /// Makes an empty file in the place of what an earlier attempt has left there.
    pub(crate) fn create(path: PathBuf) -> std::io::Result<Self> {
        remove(&path)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { file, path, had_log: false, is_placed: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// True if a write-ahead log came along with the bytes.
    pub(crate) fn had_log(&self) -> bool {
        self.had_log
    }

    /// Takes the bytes of a database, with the write-ahead log that lies beside it.
    pub(crate) fn copy_from(&mut self, database: &Path) -> std::io::Result<()> {
        std::io::copy(&mut File::open(database)?, &mut self.file)?;
        if has_log(database) {
            let mut log = OpenOptions::new();
            let mut log = log.write(true).create_new(true).mode(0o600).open(beside(&self.path, "-wal"))?;
            std::io::copy(&mut File::open(beside(database, "-wal"))?, &mut log)?;
            self.had_log = true;
        }
        Ok(())
    }

    /// Waits until the file is on the disk and gives it the other name. Nobody finds half of it there, whatever happens.
    pub(crate) fn place(mut self, at: &Path) -> std::io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, at)?;
        self.is_placed = true;
        let folder = at.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_placed {
            // The next attempt removes it.
            let _ = remove(&self.path);
        }
    }
}

/// Removes a database file and those of SQLite beside it, as far as they are there.
fn remove(database: &Path) -> std::io::Result<()> {
    for file in [database.to_owned()].into_iter().chain(SIDES.map(|side| beside(database, side))) {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
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
