//! Takes a running import for this node.

use store::Import;
use tokio::task::JoinHandle;

use super::locks::AtWork;
use super::{Options, run, upload_file};
use crate::error::Error;
use crate::state::App;

/// Takes an import for this node and starts a task that works on it; none if it does not run, or if another node was
/// faster.
pub(super) async fn start(
    app: &App,
    import: &Import,
    at_work: AtWork,
) -> Result<Option<JoinHandle<()>>, Error> {
    if !app.store.claim_import(&import.id, (&import.node, &app.node.id)).await? {
        return Ok(None);
    }
    let rows = import.progress.rows;
    tracing::info!(import = import.id, kind = import.kind, rows, "working on an import");
    Ok(Some(tokio::spawn(run::work(app.clone(), at_work))))
}

/// True if this node can go on with an import: it has the upload, or the import generates codes.
pub(super) fn has_source(app: &App, import: &Import) -> bool {
    is_generated(import) || upload_file::path(&app.config, &import.id).exists()
}

/// True if the import generates codes, which any node can.
pub(super) fn is_generated(import: &Import) -> bool {
    Options::read(import).is_ok_and(|options| options.generate.is_some())
}

/// The reason of an import whose upload is on no node that is alive.
pub(super) fn no_upload(id: &str) -> String {
    format!(
        "the upload of import `{id}` is lost with the node that had it; send it again under the same Idempotency-Key"
    )
}
