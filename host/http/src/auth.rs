//! Checks the API key of a call: a bearer token, looked up by its digest.

use app::keys::{Caller, Role, digest};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use store::Store;

use crate::body::discard;
use crate::error::ApiError;

/// Middleware that lets a request through if its key has one of `roles`, or the role of an admin. Adds the [`Caller`]
/// to the request.
pub async fn require(
    State((store, roles)): State<(Store, &'static [Role])>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match check(&store, roles, bearer(request.headers())).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.run(request).await)
        }
        Err(refused) => {
            discard(request.into_body()).await;
            Err(refused)
        }
    }
}

async fn check(store: &Store, roles: &[Role], key: Option<&str>) -> Result<Caller, ApiError> {
    let digest = digest(key.ok_or(ApiError::Unauthorized)?);
    let known = store.key(&digest).await?.ok_or(ApiError::Unauthorized)?;
    let role = Role::from_name(&known.role).ok_or(ApiError::Unauthorized)?;
    if role == Role::Admin || roles.contains(&role) {
        return Ok(Caller { digest, name: known.name, role });
    }
    let needs = match roles {
        [] => Role::Admin.name().to_owned(),
        roles => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or "),
    };
    Err(ApiError::Forbidden { has: role.name(), needs })
}

/// The token of the header `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
