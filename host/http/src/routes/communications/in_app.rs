//! `/v1/members/{member_id}/messages`: messages that a member reads in the retailer's own app or site.

use app::communications::in_app;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::body::NoBody;
use crate::error::ApiError;
use crate::query::Query;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct MessagesQuery {
    /// `next_before` of the page before.
    before: Option<i64>,
}

/// Show a member's messages.
///
/// Those of channels of kind `in_app` that have not expired, the latest first, 50 a page.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/messages", tag = "Communications",
    params(("member_id" = String, Path, description = "The member's id"), MessagesQuery),
    responses(
        (status = 200, description = "The messages", body = Object),
        (status = 409, description = "`member_merged`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn member_messages(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(in_app::of_member(&app, &member_id, query.before).await?))
}

/// Mark a message as read.
///
/// The first time counts, and is an event `message_opened`.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/messages/{message_id}/read", tag = "Communications",
    params(
        ("member_id" = String, Path, description = "The member's id"),
        ("message_id" = String, Path, description = "The message's id"),
    ),
    responses(
        (status = 204, description = "It is marked"),
        (status = 404, description = "`unknown_message`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`member_merged`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn read_message(
    State(app): State<App>,
    Path((member_id, message_id)): Path<(String, String)>,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    in_app::read(&app, &member_id, &message_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
