//! Suspending, resuming and cancelling imports.

use serde_json::json;
use store::{Import, ImportState};

use super::{ImportKind, find, takeover, upload_file};
use crate::audit::Actor;
use crate::clock::now;
use crate::error::Error;
use crate::state::App;

/// Suspends an import after its current batch.
pub async fn suspend(app: &App, kind: ImportKind, id: &str, actor: Actor) -> Result<Import, Error> {
    change(app, kind, id, (ImportState::Running, ImportState::Suspended), &actor).await
}

/// Resumes an import that was suspended or has failed, at the row where it stood. If its upload is not on this host,
/// another node that has it goes on; if there is none, the import fails.
pub async fn resume(app: &App, kind: ImportKind, id: &str, actor: Actor) -> Result<Import, Error> {
    let from = find(app, kind, id).await?.state;
    let from = if from == ImportState::Failed { from } else { ImportState::Suspended };
    let import = change(app, kind, id, (from, ImportState::Running), &actor).await?;
    if takeover::has_source(app, &import) {
        if import.node.is_empty()
            && let Some(at_work) = app.imports.begin(id)
        {
            takeover::start(app, &import, at_work).await?;
        }
    } else if !app.store.is_shared() {
        let detail = takeover::no_upload(id);
        app.store.fail_import(id, &import.node, &detail, now()).await?;
        return Err(Error::State { code: "upload_missing", detail });
    }
    find(app, kind, id).await
}

/// Cancels an import. The batches that are applied stay.
pub async fn cancel(app: &App, kind: ImportKind, id: &str, actor: Actor) -> Result<Import, Error> {
    let from = find(app, kind, id).await?.state;
    let from = if from == ImportState::Suspended { from } else { ImportState::Running };
    let import = change(app, kind, id, (from, ImportState::Cancelled), &actor).await?;
    upload_file::remove(&upload_file::path(&app.config, id)).await;
    Ok(import)
}

/// Changes the state of an import, with an audit record. An import that has the state already stays as it is.
async fn change(
    app: &App,
    kind: ImportKind,
    id: &str,
    (from, to): (ImportState, ImportState),
    actor: &Actor,
) -> Result<Import, Error> {
    let before = find(app, kind, id).await?;
    let action = match to {
        ImportState::Suspended => "import.suspend",
        ImportState::Cancelled => "import.cancel",
        _ => "import.resume",
    };
    let entry = actor.entry(action, id, json!({"kind": kind.name(), "rows": before.progress.rows}));
    if before.state == to || app.store.set_import_state_audited(id, (from, to), &entry).await? {
        return find(app, kind, id).await;
    }
    let state = find(app, kind, id).await?.state.name();
    let detail =
        format!("import `{id}` is {state}; only one that is {} can become {}", from.name(), to.name());
    Err(Error::State { code: "import_not_running", detail })
}
