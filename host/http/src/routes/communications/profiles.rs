//! `/v1/members/{member_id}/profile`: all that is known of a member, and erasing it.

use app::changes::to_the_end;
use app::communications::{erasure, profile};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::actor::Actor;
use crate::error::ApiError;

/// A member's profile.
///
/// Who the member is to the tills (`identifiers`, `attributes`, `audiences`, `points`), its normalised `contacts` with
/// time zone and operator and where they come from, `consents`, the latest `events` and `messages`, the latest first, its
/// `segments`, and the receipts of earlier `erasures`.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/profile", tag = "Communications",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    responses(
        (status = 200, description = "The profile", body = Object),
        (status = 404, description = "`unknown_member`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`member_merged`: ask for the one that it was merged into", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_profile(
    State(app): State<App>,
    Path(member_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(profile::of_member(&app, &member_id).await?))
}

/// Erase a member from communications.
///
/// Events, messages, consents, places in segments and chains: everything goes in one transaction. The answer is a receipt of
/// what went, with the number of rows of each kind; it is kept under a digest of the member's id. Purchases and points,
/// which are the books', stay. What happens to the member afterwards is kept anew.
#[utoipa::path(
    delete, path = "/v1/members/{member_id}/profile", tag = "Communications",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    responses(
        (status = 200, description = "The receipt", body = Object),
        (status = 404, description = "`nothing_to_erase`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`member_merged`: ask for the one that it was merged into", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn erase_profile(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Actor(actor): Actor,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(to_the_end(erasure::erase(app, member_id, actor)).await?))
}
