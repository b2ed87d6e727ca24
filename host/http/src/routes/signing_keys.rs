//! `/v1/partners/{partner}/signing-keys`: public keys that sign mechanics.

use app::changes::{partners, to_the_end};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use store::PartnerKey;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// A public key of a partner.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningKey {
    /// The name by which signatures refer to the key.
    key_id: String,
    partner: String,
    /// ed25519, 32 bytes in base64.
    public_key: String,
    #[schema(value_type = String)]
    created_at: Option<String>,
    /// When the key was revoked; its signatures are refused since. Null while it is in force.
    revoked_at: Option<String>,
}

impl From<PartnerKey> for SigningKey {
    fn from(key: PartnerKey) -> Self {
        let time = |at: i64| Timestamp::from_second(at).ok().map(|at| at.to_string());
        Self {
            key_id: key.id,
            partner: key.partner,
            public_key: key.public_key,
            created_at: time(key.created_at),
            revoked_at: key.revoked_at.and_then(time),
        }
    }
}

/// All keys of a partner.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningKeys {
    signing_keys: Vec<SigningKey>,
}

/// Register a public key of a partner.
///
/// Body: `{"public_key": …}`, an ed25519 key as PEM or in base64. A partner is the name of its API keys.
/// Keys do not change: another key needs another id.
#[utoipa::path(
    put, path = "/v1/partners/{partner}/signing-keys/{key_id}", tag = "Mechanics",
    params(("partner" = String, Path, description = "The name of the partner's API keys"),
           ("key_id" = String, Path, description = "What signatures call the key")),
    request_body(content = Object),
    responses(
        (status = 200, description = "It was there already", body = SigningKey),
        (status = 201, description = "Registered", body = SigningKey),
        (status = 409, description = "`key_exists` or `key_revoked`", body = wire::problem::ProblemDocument),
        (status = 422, description = "Not an ed25519 public key", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_signing_key(
    State(app): State<App>,
    Path(path): Path<(String, String)>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<SigningKey>), ApiError> {
    let actor = actor.sending(body.digest());
    let (key, created) = to_the_end(partners::put_key(app, path, body.value, actor)).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(key.into())))
}

/// Revoke a public key of a partner.
///
/// Versions that it signed stay; it signs no more.
#[utoipa::path(
    delete, path = "/v1/partners/{partner}/signing-keys/{key_id}", tag = "Mechanics",
    params(("partner" = String, Path, description = "The name of the partner's API keys"),
           ("key_id" = String, Path, description = "What signatures call the key")),
    responses(
        (status = 200, description = "Revoked", body = SigningKey),
        (status = 404, description = "No such key", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn revoke_signing_key(
    State(app): State<App>,
    Path(path): Path<(String, String)>,
    Actor(actor): Actor,
) -> Result<Json<SigningKey>, ApiError> {
    Ok(Json(to_the_end(partners::revoke_key(app, path, actor)).await?.into()))
}

/// List the public keys of a partner.
#[utoipa::path(
    get, path = "/v1/partners/{partner}/signing-keys", tag = "Mechanics",
    params(("partner" = String, Path, description = "The name of the partner's API keys")),
    responses((status = 200, description = "By id, revoked ones too", body = SigningKeys)),
    security(("key" = [])),
)]
pub(super) async fn list_signing_keys(
    State(app): State<App>,
    Path(partner): Path<String>,
) -> Result<Json<SigningKeys>, ApiError> {
    let keys = app.store.partner_keys(&partner).await?;
    Ok(Json(SigningKeys { signing_keys: keys.into_iter().map(SigningKey::from).collect() }))
}
