//! Who may call what: bearer keys, looked up by their digest.

use app::keys::{Caller, Role, digest};
use app::state::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::body::discard;
use crate::error::ApiError;

/// Lets a request through if its key has one of the roles; an admin's always has.
pub async fn require(
    State((app, roles)): State<(App, &'static [Role])>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match check(&app, roles, bearer(request.headers())).await {
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

async fn check(app: &App, roles: &[Role], key: Option<&str>) -> Result<Caller, ApiError> {
    let digest = digest(key.ok_or(ApiError::Unauthorized)?);
    let known = app.store.key(&digest).await?.ok_or(ApiError::Unauthorized)?;
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

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
