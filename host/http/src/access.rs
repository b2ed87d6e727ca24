//! Extractor of the purchases that a call may name.

use app::keys::Caller;
use app::purchases::access::Access;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;

use crate::error::ApiError;
use crate::query::Query;

/// The purchases that the key of the call may name, narrowed by `?pos=` to a store or till.
#[derive(Debug)]
pub struct Within(pub Access);

#[derive(Debug, Deserialize)]
struct Place {
    pos: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Within {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(place) = Query::<Place>::of(&parts.uri)?;
        let caller = parts.extensions.get::<Caller>().ok_or(ApiError::Unauthorized)?;
        Ok(Self(Access::of(caller, place.pos.as_deref())?))
    }
}
