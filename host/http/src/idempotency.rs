//! Extractor of the header `Idempotency-Key`.

use app::keys::Caller;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use store::Idempotent;

use crate::error::ApiError;

const HEADER: &str = "idempotency-key";
/// The most characters of a key.
const LENGTH_MAX: usize = 255;

/// The idempotency key of a call, if it has one, with the digest of the API key and the method and path of the call.
#[derive(Debug, Clone)]
pub struct Key {
    caller: String,
    key: Option<String>,
    call: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
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
    /// The key with the fingerprint of the call and this body. Fails if the call has no key.
    pub fn required(self, body: &str) -> Result<Idempotent, ApiError> {
        self.optional(body).ok_or(ApiError::MissingKey)
    }

    /// The key with the fingerprint of the call and this body; `None` if the call has no key.
    pub fn optional(self, body: &str) -> Option<Idempotent> {
        let mut digest = Sha256::new();
        digest.update(&self.call);
        digest.update([0]);
        digest.update(body);
        let fingerprint = hex::encode(digest.finalize());
        Some(Idempotent { caller: self.caller, key: self.key?, fingerprint })
    }
}
