//! Finds the running imports that nobody works on: after a crash, a restart, or the loss of a node. A node that can go on
//! with one takes it over; if there is none, the import has failed, and its status says why.

use std::time::Duration;

use store::Import;

use super::locks::AtWork;
use super::takeover::{has_source, is_generated, no_upload, start};
use crate::clock::now;
use crate::error::Error;
use crate::state::App;

/// Looks at all running imports once. `heard_for` is the time for which this node has reached the database without a
/// break: nobody counts as silent for longer, since during an outage nobody could be heard of.
pub async fn look(app: &App, heard_for: Duration) -> Result<(), Error> {
    if app.store.is_shared() && app.imports.is_any_at_work() {
        app.store.beat_imports(&app.node.id).await?;
    }
    for import in app.store.running_imports().await? {
        // Held before the import is looked at: a task that begins meanwhile is not taken for none.
        if let Some(at_work) = app.imports.begin(&import.id) {
            attend(app, import, heard_for, at_work).await?;
        }
    }
    Ok(())
}

/// Takes an import over, fails it, or leaves it to others. No task of this process works on it.
async fn attend(app: &App, import: Import, heard_for: Duration, at_work: AtWork) -> Result<(), Error> {
    let lost = Duration::from_secs(app.config.nodes.lost_seconds);
    let silent = Duration::from_millis(u64::try_from(import.silent_ms).unwrap_or(0)).min(heard_for);
    let is_own = import.node == app.node.id || !app.store.is_shared();
    if has_source(app, &import) {
        let is_free = import.node.is_empty();
        if is_own || is_free || silent >= lost {
            start(app, &import, at_work).await?;
        }
        return Ok(());
    }
    // Those that have the upload are given as long again.
    if is_own || silent >= lost.saturating_mul(2) {
        let detail = no_upload(&import.id);
        if app.store.fail_import(&import.id, &import.node, &detail, now()).await? {
            tracing::warn!(import = import.id, kind = import.kind, "an import is given up: {detail}");
        }
    }
    Ok(())
}

/// Goes on with the imports whose uploads this node has, right after its start: it worked on them before.
pub async fn resume_own(app: &App) -> Result<(), Error> {
    for import in app.store.running_imports().await? {
        if !is_generated(&import)
            && has_source(app, &import)
            && let Some(at_work) = app.imports.begin(&import.id)
        {
            start(app, &import, at_work).await?;
        }
    }
    Ok(())
}
