//! Checks the key or token of a call: a bearer token, looked up by its digest. Browsers may send a key as the password
//! of basic authentication, to the pages only.

use std::sync::Arc;

use app::keys::check::{Checked, check};
use app::keys::{Caller, Role, of_basic};
use app::state::App;
use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::body::discard;
use crate::error::ApiError;
use crate::listener::places::Place;

/// The parameter of addresses that names a member.
const MEMBER: &str = "member_id";
/// That parameter as the pattern of a route writes it.
const MEMBER_PARAMETER: &str = "{member_id}";

/// Middleware that lets a request through if its key has one of `roles`, or the role of an admin. The token of a member
/// opens the addresses of that member, and those that name nobody. Adds the [`Caller`] to the request.
pub async fn require(
    State((app, roles)): State<(App, &'static [Role])>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = bearer(request.headers()).map(str::to_owned);
    match admit(&app, roles, key, &mut request).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.run(request).await)
        }
        Err(refused) => {
            discard(request).await;
            Err(refused)
        }
    }
}

/// Middleware of pages: as [`require`], and a browser is asked for a key.
pub async fn require_for_page(
    State((app, roles)): State<(App, &'static [Role])>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let key = bearer(headers).map(str::to_owned).or_else(|| of_basic(credentials(headers, "basic")?));
    match admit(&app, roles, key, &mut request).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => {
            let is_unknown = refused.is_of_key();
            let mut response = refused.into_response();
            if is_unknown {
                let asked =
                    HeaderValue::from_static("Basic realm=\"offer-host: any name, and a key as password\"");
                response.headers_mut().append(header::WWW_AUTHENTICATE, asked);
            }
            response
        }
    }
}

async fn admit(
    app: &App,
    roles: &[Role],
    key: Option<String>,
    request: &mut Request,
) -> Result<Caller, ApiError> {
    let key = key.ok_or(ApiError::Unauthorized)?;
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let (caller, now, last_used_at) = match check(&app.store, &key).await? {
        Checked::Known { caller, now, last_used_at } => (caller, now, last_used_at),
        Checked::Refused(refusal, owner) => {
            app.key_refusals.note(&app.store, refusal.code(), owner.as_ref(), route).await;
            return Err(ApiError::KeyRefused(refusal));
        }
    };
    app.key_uses.note(&app.store, &caller, now, last_used_at).await;
    let names_nobody = !route.is_empty() && !route.contains(MEMBER_PARAMETER);
    let is_own = match &caller.member {
        Some(own) if !names_nobody => named_member(request).await.as_ref() == Some(own),
        _ => true,
    };
    if let Err(refused) = may_call(&caller, roles, is_own) {
        app.key_refusals.note(&app.store, refused.code(), Some(&caller), route).await;
        return Err(refused);
    }
    if let Some(place) = request.extensions().get::<Arc<Place>>() {
        place.admit(caller.role == Role::Pos).map_err(|_| ApiError::KeptForTills)?;
    }
    Ok(caller)
}

/// Refuses a caller of another role, and a member's token for another member. `is_own` is false if the address names
/// another member than that of the token.
fn may_call(caller: &Caller, roles: &[Role], is_own: bool) -> Result<(), ApiError> {
    if caller.role != Role::Admin && !roles.contains(&caller.role) {
        let needs = match roles {
            [] => Role::Admin.name().to_owned(),
            roles => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or "),
        };
        return Err(ApiError::Forbidden { has: caller.role.name(), needs });
    }
    match (caller.role, &caller.member) {
        (Role::Member, None) => Err(ApiError::TokenNeeded),
        (Role::Member, Some(_)) if !is_own => Err(ApiError::OtherMember),
        _ => Ok(()),
    }
}

/// The member that the address names.
async fn named_member(request: &mut Request) -> Option<String> {
    let parameters = request.extract_parts::<RawPathParams>().await.ok()?;
    let named = parameters.iter().find(|(name, _)| *name == MEMBER);
    named.map(|(_, member)| member.to_owned())
}

/// The token of the header `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "bearer")
}

fn credentials<'a>(headers: &'a HeaderMap, expected: &str) -> Option<&'a str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(expected).then(|| key.trim())
}
