use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::body::JsonBody;
use crate::error::ApiError;
use crate::purchases::preview;
use crate::state::App;

/// Preview prices without a receipt.
///
/// Each of `products` is priced as if it were bought alone; `at`, `pos`, `member` and `coupons` as in
/// `calculate`, all optional. Limits over time are not looked at, and nothing is stored.
#[utoipa::path(
    post, path = "/v1/prices", tag = "Tills",
    request_body(content = Object, description = "`products`, each with `goods_id` and `price`; `at`, `pos`, `member`, `coupons`"),
    responses(
        (status = 200, description = "`products`, in the same order", body = Object),
        (status = 422, description = "The request has problems", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn prices(State(app): State<App>, body: JsonBody) -> Result<Json<Value>, ApiError> {
    preview::preview(&app, &body.value).await.map(Json)
}
