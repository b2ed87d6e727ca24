//! Orders to generate codes: accepted like uploads.

use std::time::Duration;

use store::{Import, ImportState};
use tokio::time::timeout;
use wire::digest;

use super::{AcceptedImport, Format, Generate, ImportKind, Options};
use super::{check_same, coupons, entry, find, id, new_import, run};
use crate::audit::Actor;
use crate::changes::to_the_end;
use crate::error::Error;
use crate::state::App;

/// A request to generate codes.
pub struct GenerateCall {
    /// Name of the pool.
    pub pool: String,
    /// Number and length of the codes.
    pub order: Generate,
    /// Digest of the caller's key, and the `Idempotency-Key`, if one was sent.
    pub key: Option<(String, String)>,
    /// True to wait for the end, at most `imports.wait_seconds`.
    pub waits: bool,
}

/// Starts to generate codes. The same order under the same key is carried out once.
pub async fn generate(app: App, call: GenerateCall, actor: Actor) -> Result<Import, Error> {
    let id = id(ImportKind::Coupons, call.key.as_ref())?;
    let (wait, waits) = (Duration::from_secs(app.config.imports.wait_seconds), call.waits);
    let AcceptedImport { import, worker } = to_the_end(accept(app.clone(), id, call, actor)).await?;
    let Some(worker) = worker.filter(|_| waits) else { return Ok(import) };
    // The state of the import says whether it ended in time.
    let _ = timeout(wait, worker).await;
    find(&app, ImportKind::Coupons, &import.id).await
}

async fn accept(app: App, id: String, call: GenerateCall, actor: Actor) -> Result<AcceptedImport, Error> {
    let GenerateCall { pool, order, .. } = call;
    let options = Options { generate: Some(order), ..Options::of_codes(pool.clone(), Format::Ndjson, false) };
    let fingerprint = digest::of(format!("{pool}\n{}\n{}", order.count, order.length).as_bytes());
    let import = match app.store.import(&id).await? {
        Some(before) => check_same(before, &fingerprint, &options)?,
        None => {
            coupons::check_room(&app, &pool, order.count).await?;
            let kind = ImportKind::Coupons;
            let import = new_import(id, (kind, &options), &fingerprint, (order.count, order.count))?;
            // False if another call with the same key has stored its import meanwhile.
            if app.store.create_import(&import, &entry(&actor, &import)?).await? {
                import
            } else {
                check_same(find(&app, kind, &import.id).await?, &fingerprint, &options)?
            }
        }
    };
    let is_running = import.state == ImportState::Running;
    let worker = is_running.then(|| tokio::spawn(run::work(app.clone(), import.id.clone())));
    Ok(AcceptedImport { import, worker })
}
