//! `/v1/prices`: prices of products without a receipt.

use app::purchases::preview::{self, Prices};
use app::state::App;
use axum::Json;
use axum::extract::State;

use crate::access::Within;
use crate::body::JsonBody;
use crate::error::ApiError;

/// Preview prices without a receipt.
///
/// Each of `products` is priced as if it were bought alone; `at`, `pos`, `member` and `coupons` as in
/// `calculate`, all optional. Limits over time are not looked at, and nothing is stored.
#[utoipa::path(
    post, path = "/v1/prices", tag = "Tills",
    request_body(content = Object, description = "`products`, each with `goods_id` and `price`; `at`, `pos`, `member`, `coupons`"),
    responses(
        (status = 200, description = "`products`, in the same order", body = Object),
        (status = 403, description = "`pos_not_allowed`: the key is not for this `pos`", body = wire::problem::ProblemDocument),
        (status = 422, description = "The request has problems", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn prices(
    State(app): State<App>,
    Within(access): Within,
    JsonBody(body): JsonBody,
) -> Result<Json<Prices>, ApiError> {
    if body.value.get("pos").is_some_and(|pos| !pos.is_null()) {
        access.check_pos(&body.value)?;
    }
    Ok(Json(preview::preview(&app, body.value).await?))
}
