//! `/v1/keys`: API keys.

use app::changes::{keys, to_the_end};
use app::clock::now;
use app::keys::request::NewKey;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use store::ApiKey;
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// An API key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyShown {
    /// Names the key in `DELETE /v1/keys/{id}`: the first digits of its digest, as in the audit log.
    id: String,
    role: String,
    /// Its owner, for people.
    name: String,
    /// Stores and tills that it is bound to; bound to none if empty.
    pos: Vec<String>,
    /// The partner that it belongs to, if that is not its name.
    partner: Option<String>,
    /// `active`, `expired` or `revoked`.
    state: &'static str,
    #[schema(value_type = String)]
    created_at: Option<String>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    /// The last use that was noted; notes are ten minutes apart.
    last_used_at: Option<String>,
}

impl From<ApiKey> for KeyShown {
    fn from(key: ApiKey) -> Self {
        Self {
            id: keys::id(&key).to_owned(),
            state: keys::state(&key, now()),
            role: key.role,
            name: key.name,
            pos: key.places,
            partner: key.partner,
            created_at: time(key.created_at),
            expires_at: key.expires_at.and_then(time),
            revoked_at: key.revoked_at.and_then(time),
            last_used_at: key.last_used_at.and_then(time),
        }
    }
}

/// A time of the store as text.
pub(super) fn time(at: i64) -> Option<String> {
    Timestamp::from_second(at).ok().map(|at| at.to_string())
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyCreated {
    /// Sent as `Authorization: Bearer KEY`. It is not stored, and shown only here.
    key: String,
    #[serde(flatten)]
    shown: KeyShown,
    /// Why the key opens nothing, if it does not.
    warnings: Vec<Problem>,
}

/// All keys.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyList {
    keys: Vec<KeyShown>,
}

/// Make an API key.
///
/// Body: `{"role": …, "name": …}`, for role `pos` also `"pos": [stores and tills]`, for role `partner` also `"partner"`,
/// and `"expires_at"`, a time or the last day (UTC). The answer is not kept under an `Idempotency-Key`, since it holds
/// the key: a repeated call makes another one.
#[utoipa::path(
    post, path = "/v1/keys", tag = "Keys",
    request_body(content = Object, description = "`role`, `name`, `pos`, `partner`, `expires_at`"),
    responses(
        (status = 201, description = "The key, shown this once", body = KeyCreated),
        (status = 422, description = "`key_refused`: what is wrong, and where", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn create_key(
    State(app): State<App>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<KeyCreated>), ApiError> {
    let actor = actor.sending(body.digest());
    let (new, warnings) = NewKey::read(&body.value, now())?;
    let create = async move { keys::create(&app.store, new, &actor).await };
    let (key, stored) = to_the_end(create).await?;
    Ok((StatusCode::CREATED, Json(KeyCreated { key, shown: stored.into(), warnings })))
}

/// List the API keys.
///
/// Oldest first, also those that expired or were revoked; never the keys themselves.
#[utoipa::path(
    get, path = "/v1/keys", tag = "Keys",
    responses((status = 200, description = "All keys", body = KeyList)),
    security(("key" = [])),
)]
pub(super) async fn list_keys(State(app): State<App>) -> Result<Json<KeyList>, ApiError> {
    let keys = app.store.keys().await?;
    Ok(Json(KeyList { keys: keys.into_iter().map(KeyShown::from).collect() }))
}

/// Revoke an API key.
///
/// From the next call on it is refused (`key_revoked`), on every node, and so are the tokens of members that it made.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "Keys",
    params(("id" = String, Path, description = "As listed, or at least its first 8 digits")),
    responses(
        (status = 200, description = "Revoked, now or before", body = KeyShown),
        (status = 404, description = "There is no such key", body = wire::problem::ProblemDocument),
        (status = 409, description = "`key_ambiguous`: several begin with these digits", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn revoke_key(
    State(app): State<App>,
    Path(id): Path<String>,
    Actor(actor): Actor,
) -> Result<Json<KeyShown>, ApiError> {
    let revoke = async move { keys::revoke(&app.store, &id, &actor).await };
    Ok(Json(to_the_end(revoke).await?.into()))
}
