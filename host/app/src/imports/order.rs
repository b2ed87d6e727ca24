//! Orders to generate codes: accepted like uploads.

use std::time::Duration;

use store::Import;
use tokio::time::timeout;
use wire::digest;

use super::{AcceptedImport, Format, Generate, ImportKind, Options};
use super::{check_same, coupons, create, find, id, new_import, revive, takeover};
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
    let (kind, at_work) = (ImportKind::Coupons, app.imports.begin(&id));
    let import = match app.store.import(&id).await? {
        Some(before) => check_same(before, &fingerprint, &options)?,
        None => {
            coupons::check_room(&app, &pool, order.count).await?;
            let totals = (order.count, order.count);
            let import = new_import((id, &app.node.id), (kind, &options), &fingerprint, totals)?;
            create(&app, kind, import, &options, &actor).await?
        }
    };
    let Some(at_work) = at_work else { return Ok(AcceptedImport { import, worker: None }) };
    let import = revive(&app, kind, import, &actor).await?;
    let worker = takeover::start(&app, &import, at_work).await?;
    Ok(AcceptedImport { import, worker })
}
