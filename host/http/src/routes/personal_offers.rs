//! `/v1/members/{member_id}/offers`: the personal offers of a member.

use app::changes::to_the_end;
use app::personal_offers;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::body::NoBody;
use crate::error::ApiError;

/// A member's personal offers.
///
/// The items of all running offers that take their terms from an attribute of the member, until a day
/// after their end: `item_id`, `offer`, `title`, `target`, `reward`, `method`, `value`, `start` and `end`
/// (half-open; without an offset on the store's clock), `require_accept`, `accepted`, `declined`. Offers
/// whose control group the member is in are left out.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/offers", tag = "Members",
    params(("member_id" = String, Path, description = "The retailer's id of the member")),
    responses(
        (status = 200, description = "The items", body = Object),
        (status = 404, description = "There is no such member", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn personal_offers(
    State(app): State<App>,
    Path(member_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(personal_offers::list(&app, &member_id).await?))
}

/// Accept an item.
///
/// Of terms with `require_accept` only accepted items pay. The answer stays with the item for as long
/// as its terms do, also when they are uploaded again. A repeated answer changes nothing.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/offers/{item_id}/accept", tag = "Members",
    params(
        ("member_id" = String, Path, description = "The retailer's id of the member"),
        ("item_id" = String, Path, description = "As the list of offers says"),
    ),
    responses(
        (status = 200, description = "The item as it is now", body = Object),
        (status = 404, description = "The member has no such item", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn accept(
    State(app): State<App>,
    Path((member_id, item_id)): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(to_the_end(personal_offers::answer(app, member_id, item_id, true)).await?))
}

/// Decline an item.
///
/// A declined item does not pay, whether it needs acceptance or not, until it is accepted.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/offers/{item_id}/decline", tag = "Members",
    params(
        ("member_id" = String, Path, description = "The retailer's id of the member"),
        ("item_id" = String, Path, description = "As the list of offers says"),
    ),
    responses(
        (status = 200, description = "The item as it is now", body = Object),
        (status = 404, description = "The member has no such item", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn decline(
    State(app): State<App>,
    Path((member_id, item_id)): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(to_the_end(personal_offers::answer(app, member_id, item_id, false)).await?))
}
