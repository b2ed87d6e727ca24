//! Refused keys in the audit log. A program with a wrong key would fill the log, so each key has at most one record a
//! minute and node, with the number of its refusals; keys that nobody ever had share one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use serde_json::json;
use store::Store;
use tokio::sync::Mutex;

use super::Caller;
use crate::audit::{Actor, key_name};

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

impl KeyRefusals {
    /// Records that a key was refused, now or with a later refusal. The call does not wait for it. `owner` is absent for
    /// keys that nobody ever had; `route` is the pattern of the address, without ids.
    pub async fn note(&self, store: &Store, code: &'static str, owner: Option<&Caller>, route: &str) {
        let Some(times) = self.count(code, owner).await else { return };
        let subject =
            owner.map_or_else(|| "unknown".to_owned(), |owner| key_name(&owner.name, &owner.digest));
        let detail = json!({"code": code, "route": route, "times": times});
        let actor = owner.map_or_else(|| Actor::system("unknown key"), Actor::from);
        let (entry, store) = (actor.entry("key.refused", &subject, detail), store.clone());
        tokio::spawn(async move {
            if let Err(error) = store.audit_append(&entry).await {
                tracing::warn!(%error, "cannot record that a key was refused");
            }
        });
    }

    /// The number of refusals to record now; none if there was a record lately.
    async fn count(&self, code: &'static str, owner: Option<&Caller>) -> Option<u64> {
        let mut counts = self.0.lock().await;
        let now = Instant::now();
        let none_since = Count { recorded_at: now, since: 0 };
        match counts.entry((code, owner.map(bucket).unwrap_or_default())) {
            Entry::Vacant(vacant) => {
                vacant.insert(none_since);
                Some(1)
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.since = known.since.saturating_add(1);
                if now.duration_since(known.recorded_at) < RECORDED_EVERY {
                    return None;
                }
                let since = known.since;
                *known = none_since;
                Some(since)
            }
        }
    }
}

/// Tokens share one: there is no end of them.
fn bucket(owner: &Caller) -> String {
    if owner.member.is_some() { owner.role.name().to_owned() } else { owner.digest.clone() }
}
