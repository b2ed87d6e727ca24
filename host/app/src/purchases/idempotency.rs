//! `Idempotency-Key`: the same call gets the same answer, and has its effect once.

use store::Idempotent;

use crate::error::Error;
use crate::state::App;

/// What this call was answered before. A key that belongs to another call is refused.
pub async fn answered(app: &App, key: Option<&Idempotent>) -> Result<Option<String>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some(stored) = app.store.stored_answer(&key.caller, &key.key).await? else { return Ok(None) };
    if stored.fingerprint == key.fingerprint {
        return Ok(Some(stored.body));
    }
    let detail = format!(
        "the Idempotency-Key `{}` belongs to another call: fingerprint {} then, {} now; use a new key for a \
         new call",
        key.key, stored.fingerprint, key.fingerprint
    );
    Err(super::refuse("idempotency_key_reused", detail))
}

/// Answers a call that had nothing left to do, under its key. Nothing if the key was taken meanwhile.
pub async fn repeated(
    app: &App,
    key: Option<&Idempotent>,
    answer: &str,
    now: i64,
) -> Result<Option<String>, Error> {
    let stored = match key {
        Some(key) => app.store.remember(key, answer, now).await?,
        None => true,
    };
    Ok(stored.then(|| answer.to_owned()))
}
