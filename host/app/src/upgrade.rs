//! Work on rows that earlier releases wrote, done once, in the background, while tills are served.

use std::time::Duration;

use serde_json::json;
use store::{SharedIdentifier, StoreError};

use crate::audit::Actor;
use crate::purchases::limits::{CARD_SCOPES, folded_card_scope};
use crate::state::App;

/// Time until the work is tried again after the database failed.
const AGAIN_AFTER: Duration = Duration::from_secs(15);
/// Time between looks for rows that a node of an earlier release has written meanwhile.
const EVERY: Duration = Duration::from_secs(60);
/// The most identifiers of several members that the audit log names.
const SHARED_MAX: usize = 100;
/// Scopes of counters that are read at once.
const SCOPES: i64 = 1_000;

/// Runs for as long as the service.
pub async fn run(app: App) {
    let mut counters_are_moved = false;
    loop {
        let wait = match work(&app, &mut counters_are_moved).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(%error, "could not upgrade stored rows; it is tried again");
                AGAIN_AFTER
            }
        };
        tokio::time::sleep(wait).await;
    }
}

async fn work(app: &App, counters_are_moved: &mut bool) -> Result<(), StoreError> {
    let folded = fold_identifiers(app).await?;
    if folded > 0 || !*counters_are_moved {
        move_card_counters(app).await?;
        *counters_are_moved = true;
    }
    Ok(())
}

/// Folds the identifiers that are not yet, and returns their number. Those that several members have now are told in
/// the log and in the audit log: nobody loses one.
async fn fold_identifiers(app: &App) -> Result<usize, StoreError> {
    let mut rows = 0_usize;
    let mut shared: Vec<SharedIdentifier> = Vec::new();
    loop {
        let folded = app.store.fold_identifiers().await?;
        rows = rows.saturating_add(folded.rows);
        for found in folded.shared {
            let is_known =
                |known: &SharedIdentifier| (&known.kind, &known.value) == (&found.kind, &found.value);
            if !shared.iter().any(is_known) {
                shared.push(found);
            }
            if shared.len() > SHARED_MAX {
                shared.truncate(SHARED_MAX);
                break;
            }
        }
        if folded.rows == 0 {
            break;
        }
    }
    if rows > 0 {
        tracing::info!(rows, shared = shared.len(), "identifiers of an earlier release are folded");
    }
    if !shared.is_empty() {
        let named: Vec<_> =
            shared.iter().map(|shared| json!({"kind": shared.kind, "members": shared.members})).collect();
        let detail = json!({"identifiers": named, "at_most": SHARED_MAX});
        tracing::warn!(
            shared = detail.to_string(),
            "members have identifiers that differ in spelling only; merge them, or import each identifier for one"
        );
        app.store
            .audit_append(&Actor::system("upgrade").entry("identifiers.shared", "members", detail))
            .await?;
    }
    Ok(rows)
}

/// Moves what counters of limits by card hold to those of the card in the form by which it compares.
async fn move_card_counters(app: &App) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let scopes = app.store.counter_scopes(CARD_SCOPES, &after, SCOPES).await?;
        for scope in &scopes {
            if let Some(folded) = folded_card_scope(scope) {
                app.store.move_counters(scope, &folded).await?;
            }
        }
        match scopes.into_iter().last() {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}
