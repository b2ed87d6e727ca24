//! The actor of a change, from the key of the call.

use app::audit;
use app::keys::Caller;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::error::ApiError;

/// The owner of the key, as the audit log names it.
#[derive(Debug)]
pub struct Actor(pub audit::Actor);

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Every address that changes anything is behind a key.
        let caller = parts.extensions.get::<Caller>().ok_or(ApiError::Unauthorized)?;
        Ok(Self(audit::Actor::from(caller)))
    }
}
