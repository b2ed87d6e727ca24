//! Keeps the note beside an embedded database by which a copy that lacks the last changes can be told from a whole one.

use std::time::Duration;

use serde_json::json;
use store::{Store, StoreError};

use crate::audit::Actor;
use crate::state::App;

/// Time between two notes: so much may be missing without being told.
const EVERY: Duration = Duration::from_secs(2);

/// Marks the database as served. What it lacks is told in the log, and recorded in the audit log: from here on the host
/// writes over what would show it. Nothing of this keeps a host from starting.
pub async fn begin(store: &Store) {
    if let Err(error) = try_begin(store).await {
        tracing::warn!(%error, "cannot note how far the database has come: a copy that lacks changes is not told");
    }
}

async fn try_begin(store: &Store) -> Result<(), StoreError> {
    if let Some(loss) = store.loss().await? {
        tracing::error!(%loss, "the database lacks changes, or may lack them");
        let detail = json!({"found": loss.to_string()});
        store.audit_append(&Actor::system("start").entry("database.loss", "database", detail)).await?;
    }
    store.mark_served().await
}

/// Runs for as long as the service.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.store.note_progress().await {
            tracing::warn!(%error, "cannot note how far the database has come; it is tried again");
        }
    }
}

/// Takes the mark away when the host stops.
pub async fn end(store: &Store) {
    if let Err(error) = store.mark_stopped().await {
        tracing::warn!(%error, "cannot note that the host has stopped");
    }
}
