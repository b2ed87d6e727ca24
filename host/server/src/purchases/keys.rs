//! `Idempotency-Key`: the same call gets the same answer, and has its effect once.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use store::Idempotent;

use crate::auth::{Caller, hexadecimal};
use crate::error::ApiError;
use crate::state::App;

const HEADER: &str = "idempotency-key";
const LENGTH_MAX: usize = 255;

/// The key of a call, if it has one.
#[derive(Debug, Clone)]
pub struct Key {
    caller: String,
    key: Option<String>,
    call: String,
}

impl FromRequestParts<App> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().map(|caller| caller.digest.clone()).unwrap_or_default();
        let key = match parts.headers.get(HEADER) {
            None => None,
            Some(value) => {
                let text = value.to_str().unwrap_or_default().trim();
                if text.is_empty() || text.len() > LENGTH_MAX {
                    return Err(ApiError::MalformedKey);
                }
                Some(text.to_owned())
            }
        };
        Ok(Self { caller, key, call: format!("{} {}", parts.method, parts.uri.path()) })
    }
}

impl Key {
    /// The key of this call with this body; an error if it has none.
    pub fn required(self, body: &str) -> Result<Idempotent, ApiError> {
        self.optional(body).ok_or(ApiError::MissingKey)
    }

    /// The key of this call with this body.
    pub fn optional(self, body: &str) -> Option<Idempotent> {
        let mut digest = Sha256::new();
        digest.update(&self.call);
        digest.update([0]);
        digest.update(body);
        let fingerprint = hexadecimal(&digest.finalize());
        Some(Idempotent { caller: self.caller, key: self.key?, fingerprint })
    }
}

/// What this call was answered before. A key that belongs to another call is refused.
pub async fn answered(app: &App, key: Option<&Idempotent>) -> Result<Option<String>, ApiError> {
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
) -> Result<Option<String>, ApiError> {
    let stored = match key {
        Some(key) => app.store.remember(key, answer, now).await?,
        None => true,
    };
    Ok(stored.then(|| answer.to_owned()))
}
