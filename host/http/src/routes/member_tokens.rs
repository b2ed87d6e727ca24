//! `/v1/members/{member_id}/tokens`: short-lived tokens, with which an app acts for one member.

use app::changes::keys;
use app::keys::Caller;
use app::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::keys::time;
use crate::body::NoBody;
use crate::error::ApiError;

/// A token that opens one member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenIssued {
    /// Sent as `Authorization: Bearer TOKEN`. It is shown once.
    token: String,
    /// From then on it is refused (`token_expired`).
    #[schema(value_type = String)]
    expires_at: Option<String>,
}

/// Make a token that opens one member.
///
/// For an app or a personal account: it calls the addresses of this member with the role `member`, for as long as
/// `keys.member_token_seconds` says. The answer is not kept under an `Idempotency-Key`: a repeated call makes another
/// token.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/tokens", tag = "Members",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    responses(
        (status = 201, description = "The token", body = TokenIssued),
        (status = 404, description = "There is no such member", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn issue_token(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Extension(caller): Extension<Caller>,
    _: NoBody,
) -> Result<(StatusCode, Json<TokenIssued>), ApiError> {
    let (token, stored) = keys::issue_token(&app, &member_id, &caller).await?;
    Ok((StatusCode::CREATED, Json(TokenIssued { token, expires_at: time(stored.expires_at) })))
}
