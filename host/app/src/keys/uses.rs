//! When keys were used: noted now and then, so that a call costs no write.

use std::collections::HashMap;
use std::sync::Arc;

use store::Store;
use tokio::sync::Mutex;

use super::Caller;

/// Seconds between two notes of the same key.
const NOTED_EVERY: i64 = 600;

/// The notes that this node is writing or wrote last: times by digest, in seconds since 1970. There are no more of them
/// than keys.
#[derive(Debug, Clone, Default)]
pub struct KeyUses(Arc<Mutex<HashMap<String, i64>>>);

impl KeyUses {
    /// Notes that a key was used, unless that was noted lately. The call does not wait for it.
    pub async fn note(&self, store: &Store, caller: &Caller, now: i64, last_used_at: Option<i64>) {
        let lately = now.saturating_sub(NOTED_EVERY);
        if caller.member.is_some() || last_used_at.is_some_and(|last| last > lately) {
            return;
        }
        {
            let mut noted = self.0.lock().await;
            if noted.get(&caller.digest).is_some_and(|last| *last > lately) {
                return;
            }
            noted.insert(caller.digest.clone(), now);
        }
        let (uses, store, digest) = (self.clone(), store.clone(), caller.digest.clone());
        tokio::spawn(async move {
            if let Err(error) = store.note_key_use(&digest, now).await {
                tracing::warn!(%error, "cannot note the use of a key; the next call does");
                uses.0.lock().await.remove(&digest);
            }
        });
    }
}
