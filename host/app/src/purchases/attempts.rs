//! Writes on condition that nothing changed since it was read: a stale attempt is made again. A call that is
//! repeated under its `Idempotency-Key` gets the same answer, and has its effect once.

use store::Idempotent;

use super::refuse;
use crate::error::Error;
use crate::state::App;

/// Attempts before the client is asked to come back later.
const ATTEMPTS: usize = 64;

/// The result of one attempt.
pub(crate) enum Attempt {
    /// It is written; the answer to the call.
    Done(String),
    /// Something changed since it was read: read again.
    Stale,
}

/// Makes attempts until one is not stale, and returns its answer. A call that was answered before under its key
/// gets that answer. [`Error::Unavailable`] if every attempt was stale.
pub(crate) async fn until_done<F: Future<Output = Result<Attempt, Error>> + Send>(
    app: &App,
    key: Option<&Idempotent>,
    attempt: impl Fn() -> F + Send,
) -> Result<String, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(answer) = answered(app, key).await? {
            return Ok(answer);
        }
        if let Attempt::Done(answer) = attempt().await? {
            return Ok(answer);
        }
    }
    Err(Error::Unavailable)
}

/// Answers a call that had nothing left to do, under its key.
pub(crate) async fn repeated(
    app: &App,
    key: Option<&Idempotent>,
    answer: &str,
    now: i64,
) -> Result<Attempt, Error> {
    let stored = match key {
        Some(key) => app.store.remember(key, answer, now).await?,
        None => true,
    };
    // `false`: another call has stored its answer under this key meanwhile; try again.
    Ok(if stored { Attempt::Done(answer.to_owned()) } else { Attempt::Stale })
}

/// The answer that this call got before. A key that belongs to another call is refused.
async fn answered(app: &App, key: Option<&Idempotent>) -> Result<Option<String>, Error> {
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
    Err(refuse("idempotency_key_reused", detail))
}
