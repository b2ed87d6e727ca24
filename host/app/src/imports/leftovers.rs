//! Files of uploads that nobody goes on with: of imports that have ended, or that no database knows any more.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use store::{ImportState, Store};

use super::upload_file::{KEPT_SUFFIX, PART_INFIX, folder, remove};
use crate::config::Config;
use crate::error::Error;

/// An upload that is still being received is written at least once in this time.
const RECEIVING: Duration = Duration::from_secs(24 * 60 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Files in the folder of uploads that are not needed any more. Those of failed imports stay for `imports.kept_days`, so that
/// these can be resumed. Hosts of several databases may share the folder: what this
/// database does not know is left for `unknown_kept`.
pub async fn find(config: &Config, store: &Store, unknown_kept: Duration) -> Result<Vec<PathBuf>, Error> {
    let folder = folder(config);
    let list = tokio::task::spawn_blocking(move || list(&folder));
    let files = list.await.map_err(|lost| Error::internal(&lost))?;
    let mut found = Vec::new();
    let kept = Kept { failed: DAY.saturating_mul(config.imports.kept_days), unknown: unknown_kept };
    for (path, age) in files.unwrap_or_default() {
        if is_left(store, &path, age, &kept).await? {
            found.push(path);
        }
    }
    Ok(found)
}

/// Removes a file that was found.
pub async fn remove_file(path: &Path) {
    remove(path).await;
}

/// How long files stay after they were last written.
struct Kept {
    failed: Duration,
    unknown: Duration,
}

async fn is_left(store: &Store, path: &Path, age: Duration, kept: &Kept) -> Result<bool, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(id) = name.strip_suffix(KEPT_SUFFIX) else {
        return Ok(name.contains(PART_INFIX) && age >= RECEIVING);
    };
    Ok(match store.import(id).await? {
        Some(import) => match import.state {
            ImportState::Running | ImportState::Suspended => false,
            ImportState::Failed => age >= kept.failed,
            ImportState::Done | ImportState::Cancelled => true,
        },
        None => age >= kept.unknown.max(RECEIVING),
    })
}

/// The files of a folder, each with the time since it was last written. A folder that is not there has none.
fn list(folder: &Path) -> std::io::Result<Vec<(PathBuf, Duration)>> {
    let now = SystemTime::now();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Another host may have removed it by now.
        let modified = entry.metadata().and_then(|about| about.modified());
        if let Ok(modified) = modified {
            files.push((entry.path(), now.duration_since(modified).unwrap_or_default()));
        }
    }
    files.sort();
    Ok(files)
}
