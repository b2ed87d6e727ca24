//! `/v1/prices`: prices of products without a receipt.

use app::purchases::preview;
use app::state::App;
use axum::Json;
use axum::extract::State;
use serde_json::Value;

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
        (status = 422, description = "The request has problems", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn prices(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(preview::preview(&app, &body.value).await?))
}
