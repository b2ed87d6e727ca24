//! Compiled code on this node's disk. Only the `.wasm` is authoritative: code may be lost or damaged
//! at any time, and is then compiled again.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Code;
use super::key::{self, Key};
use crate::runtime::Runtime;

/// The first input of every MAC, which keeps these MACs apart from any other use of the key.
const PURPOSE: &[u8] = b"compiled mechanic v1\0";
/// Prefix of the names of files that are being written.
const UNFINISHED: &str = ".unfinished-";
/// Age at which an unfinished file is removed: writing one takes seconds.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);
const MAC_BYTES: usize = 32;
/// Largest file that is read, in bytes; compiled code is far smaller.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// A folder of compiled code, for one build of the engine on one node.
///
/// Code is found by the digest of its component and by a hash of the engine. A file begins with a MAC
/// over all three, by a key that is made on this node: wasmtime loads any code without checking it,
/// so code that was changed on disk must not reach it.
#[derive(Debug)]
pub struct CodeCache {
    folder: PathBuf,
    key: Key,
    engine: [u8; 32],
    room_bytes: Option<u64>,
}

impl CodeCache {
    /// Opens a folder, or makes it. Only its owner may have access to it, otherwise this fails. Code of
    /// other builds is removed.
    pub fn open(folder: &Path, runtime: &Runtime) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
            let what = format!("others may enter {}; make it `chmod 700`", folder.display());
            return Err(io::Error::new(ErrorKind::PermissionDenied, what));
        }
        let key = key::open(folder)?;
        let engine = runtime.code_hash();
        let cache = Self { folder: folder.to_owned(), key, engine, room_bytes: None };
        cache.remove_others()?;
        Ok(cache)
    }

    /// Limits the size of the cache: the code that was compiled longest ago is removed first.
    #[must_use]
    pub fn with_room(self, bytes: u64) -> Self {
        Self { room_bytes: Some(bytes), ..self }
    }

    /// Removes the code of these components, of every build, from a folder, and returns the number of files. A folder that
    /// is not there has none.
    pub fn remove_from(folder: &Path, digests: &BTreeSet<String>) -> io::Result<u64> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        let mut removed = 0_u64;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let digest = name.split_once('-').map(|(_, file)| format!("sha256:{file}"));
            if is_code(&name) && digest.is_some_and(|digest| digests.contains(&digest)) {
                remove(&entry.path())?;
                removed = removed.saturating_add(1);
            }
        }
        Ok(removed)
    }

    /// The code of the component with this digest, if there is any; an error says why it cannot be used.
    pub(super) fn read(&self, digest: &str) -> Result<Option<Code>, String> {
        let path = self.path(digest);
        let note = |what: String| format!("cached code {} is not used: {what}", path.display());
        let bytes = match read_file(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(note(error.to_string())),
        };
        let Some((mac, code)) = bytes.split_at_checked(MAC_BYTES) else {
            return Err(note("it is cut short".to_owned()));
        };
        let expected = self.mac(digest, code).map_err(&note)?;
        expected.verify_slice(mac).map_err(|_| note("its MAC is wrong".to_owned()))?;
        Ok(Some(Code(code.to_vec())))
    }

    /// Stores code; an error says why that failed. Readers see the whole file, or the one before it.
    pub(super) fn write(&self, digest: &str, code: &Code) -> Result<(), String> {
        let mac = self.mac(digest, &code.0)?.finalize().into_bytes();
        let write = || {
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
            file.write_all(&mac)?;
            file.write_all(&code.0)?;
            file.persist(self.path(digest)).map_err(|error| error.error)?;
            self.room_bytes.map_or(Ok(()), |room| self.make_room(room, &self.path(digest)))
        };
        let written: io::Result<()> = write();
        written.map_err(|error| format!("code cannot be kept in {}: {error}", self.folder.display()))
    }

    fn mac(&self, digest: &str, code: &[u8]) -> Result<Hmac<Sha256>, String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|error| error.to_string())?;
        // Unambiguous when joined: all parts but the last have a fixed length.
        for part in [PURPOSE, &self.engine, digest.as_bytes(), code] {
            mac.update(part);
        }
        Ok(mac)
    }

    fn path(&self, digest: &str) -> PathBuf {
        let name = digest.rsplit(':').next().unwrap_or(digest);
        self.folder.join(format!("{}{name}", self.prefix()))
    }

    /// Prefix of the names of all files of this build: the first 16 digits of the engine's hash.
    fn prefix(&self) -> String {
        format!("{:.16}-", hex::encode(self.engine))
    }

    /// Removes the code of other builds, and files that were never finished.
    fn remove_others(&self) -> io::Result<()> {
        let prefix = self.prefix();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_unused = match name.starts_with(UNFINISHED) {
                true => is_abandoned(&entry),
                false => is_code(&name) && !name.starts_with(&prefix),
            };
            if is_unused {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Removes the oldest code, but not `newest`, until the rest fits.
    fn make_room(&self, room: u64, newest: &Path) -> io::Result<()> {
        let mut kept: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another process may have removed it by now.
            if let (true, Ok(about)) = (is_code(&entry.file_name().to_string_lossy()), entry.metadata()) {
                kept.push((about.modified()?, about.len(), entry.path()));
            }
        }
        kept.sort();
        let mut bytes = kept.iter().fold(0_u64, |sum, (_, bytes, _)| sum.saturating_add(*bytes));
        for (_, length, path) in kept.iter().filter(|(_, _, path)| path != newest) {
            if bytes <= room {
                break;
            }
            remove(path)?;
            bytes = bytes.saturating_sub(*length);
        }
        Ok(())
    }
}

/// Removes a file; one that is gone already is no error, since other processes remove files too.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// True if an unfinished file is so old that nobody is writing it any more.
fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|about| about.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= ABANDONED_AFTER))
}

/// True if a name is that of compiled code: 16 digits of an engine's hash, and 64 of a component's digest.
fn is_code(name: &str) -> bool {
    let is_hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split_once('-').is_some_and(|(engine, file)| is_hex(engine, 16) && is_hex(file, 64))
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.len() > FILE_BYTES_MAX {
        return Err(io::Error::other("it is far too large"));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
