use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;

use crate::body::JsonBody;
use crate::error::ApiError;
use crate::nodes;
use crate::purchases::calculation::{self, Call};
use crate::purchases::keys::Key;
use crate::state::App;

/// Price a receipt.
///
/// Repeatable: each answer replaces the one before. Nothing is committed; points to pay with and the
/// uses of limited offers are reserved until the calculation is confirmed, cancelled or expires.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/calculate", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("Idempotency-Key" = Option<String>, Header, description = "May be left out: calculating repeats"),
    ),
    request_body(content = Object, description = "`at`, `pos`, `member`, `lines`, `coupons`, `pay_points`, `locale` (of messages), `explain`"),
    responses(
        (status = 200, description = "The priced receipt", body = Object),
        (status = 409, description = "It is confirmed or cancelled, or the key belongs to another call", body = crate::error::ProblemBody),
        (status = 422, description = "The receipt is malformed", body = crate::error::ProblemBody),
        (status = 503, description = "Busy; try again", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn calculate(
    State(app): State<App>,
    Path(purchase_id): Path<String>,
    key: Key,
    body: JsonBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.optional(&body.text);
    let live = nodes::serving(&app).await?;
    let call = Call { purchase_id, body, key, offline: false };
    let answer = calculation::calculate(&app, live, &call).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}
