//! `/v1/members/{member_id}/recommendations`: goods and content that were uploaded for a member.

use app::recommendations;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::error::ApiError;

/// Goods and content recommended to a member.
///
/// Those that were uploaded as the member's attribute `recommendations` (`POST /v1/attributes/imports`), the best first:
/// `goods`, each a `product`, `category` or `group` of the catalogue with its `name`, and `content`, ids of pieces of
/// messages and apps with the `offer` that they are about. `chance` is the probability in millionths, if the upload has it.
/// Goods that the catalogue no longer has are left out, and content about offers that do not run or whose control group
/// the member is in. `revision` is that of the upload.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/recommendations", tag = "Members",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    responses(
        (status = 200, description = "The recommendations", body = Object),
        (status = 404, description = "There is no such member", body = wire::problem::ProblemDocument),
        (status = 409, description = "`member_merged`: ask for the one that it was merged into", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn member_recommendations(
    State(app): State<App>,
    Path(member_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(recommendations::of_member(&app, &member_id).await?))
}
