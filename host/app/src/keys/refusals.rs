//! Refused keys in the audit log. A program with a wrong key would fill the log, so each key has at most one record a
//! minute and node, with the number of its refusals; keys that nobody ever had share one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Mutex;

use super::Caller;
use crate::audit::{Actor, key_name};
use crate::state::App;

/// Time between two records of the same key and code.
const RECORDED_EVERY: Duration = Duration::from_secs(60);

/// The refusals since this node's last record, by code and digest of the key. There are no more of them than keys
/// and codes.
#[derive(Debug, Default)]
pub struct KeyRefusals(Mutex<HashMap<(&'static str, String), Count>>);

#[derive(Debug)]
struct Count {
    recorded_at: Instant,
    /// Refusals that are not recorded yet.
    since: u64,
}

/// Tokens share one: there is no end of them.
fn bucket(owner: &Caller) -> String {
    if owner.member.is_some() { owner.role.name().to_owned() } else { owner.digest.clone() }
}

/// Records that a key was refused, now or with a later refusal. The call does not wait for it. `owner` is absent for
/// keys that nobody ever had; `route` is the pattern of the address, without ids.
pub async fn note(app: &App, code: &'static str, owner: Option<&Caller>, route: &str) {
    let digest = owner.map(bucket).unwrap_or_default();
    let times = {
        let mut counts = app.key_refusals.0.lock().await;
        let now = Instant::now();
        let first = Count { recorded_at: now, since: 0 };
        match counts.entry((code, digest)) {
            Entry::Vacant(vacant) => {
                vacant.insert(first);
                1
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.since = known.since.saturating_add(1);
                if now.duration_since(known.recorded_at) < RECORDED_EVERY {
                    return;
                }
                let since = known.since;
                *known = first;
                since
            }
        }
    };
    let subject = owner.map_or_else(|| "unknown".to_owned(), |owner| key_name(&owner.name, &owner.digest));
    let detail = json!({"code": code, "route": route, "times": times});
    let entry = owner.map_or_else(|| Actor::system("unknown key"), Actor::from);
    let entry = entry.entry("key.refused", &subject, detail);
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = app.store.audit_append(&entry).await {
            tracing::warn!(%error, "cannot record that a key was refused");
        }
    });
}
