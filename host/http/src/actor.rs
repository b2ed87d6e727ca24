//! Extractor of the actor of a change: the owner of the API key.

use app::audit;
use app::keys::Caller;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::error::ApiError;

/// The owner of the API key, as the audit log names it. A call without a key is refused.
#[derive(Debug)]
pub struct Actor(pub audit::Actor);

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // `auth::require` puts the caller there; every address that changes anything is behind it.
        let caller = parts.extensions.get::<Caller>().ok_or(ApiError::Unauthorized)?;
        Ok(Self(audit::Actor::from(caller)))
    }
}
