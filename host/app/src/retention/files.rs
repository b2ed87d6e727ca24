//! Files on the disk of this node: compiled code of components that were removed, and uploads that nobody goes on with.

use std::collections::BTreeSet;
use std::time::Duration;

use engine::CodeCache;

use super::{Job, Mode, Removed};
use crate::error::Error;
use crate::imports::leftovers;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Uploads that this database does not know may belong to another one, which has its own settings.
const UNKNOWN_DAYS: u64 = 90;

pub(super) async fn work(job: &Job<'_>, mode: Mode) -> Result<Vec<Removed>, Error> {
    let mut all = vec![uploads(job, mode).await?];
    if mode == Mode::Run {
        all.push(code(job).await?);
    }
    Ok(all)
}

async fn uploads(job: &Job<'_>, mode: Mode) -> Result<Removed, Error> {
    let days = job.config.retention.imports_days;
    let mut removed = 0_u64;
    if days > 0 {
        let unknown_days = u64::try_from(days).unwrap_or(0).max(UNKNOWN_DAYS);
        let unknown_kept = Duration::from_secs(unknown_days.saturating_mul(DAY_SECONDS));
        for path in leftovers::find(job.config, job.store, unknown_kept).await? {
            if mode == Mode::Run {
                leftovers::remove_file(&path).await;
            }
            removed = removed.saturating_add(1);
        }
    }
    Ok(Removed { what: "upload_files", kept: days, removed })
}

/// The code of removed components, which may have been compiled on any node.
async fn code(job: &Job<'_>) -> Result<Removed, Error> {
    let kept = i64::try_from(job.config.retention.mechanic_versions).unwrap_or(i64::MAX);
    let mut removed = 0_u64;
    if let Some(folder) = job.config.code_cache() {
        let versions = job.store.mechanic_versions().await?;
        let gone = versions.into_iter().filter(|version| version.removed_at.is_some());
        let gone: BTreeSet<String> = gone.map(|version| version.digest).collect();
        let remove = move || CodeCache::remove_from(&folder.path, &gone);
        let files = tokio::task::spawn_blocking(remove).await.map_err(|lost| Error::internal(&lost))?;
        removed = files.unwrap_or_else(|error| {
            tracing::warn!(%error, "compiled code of removed components cannot be removed");
            0
        });
    }
    Ok(Removed { what: "code_files", kept, removed })
}
