use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;

use crate::error::ApiError;
use crate::purchases::keys::Key;
use crate::purchases::settle;
use crate::state::App;

/// Drop the stored calculation.
///
/// What it reserved is released.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/cancel", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "The same for every try of the same call"),
    ),
    responses(
        (status = 200, description = "The stored answer, cancelled", body = Object),
        (status = 400, description = "There is no `Idempotency-Key`", body = crate::error::ProblemBody),
        (status = 404, description = "It was never calculated", body = crate::error::ProblemBody),
        (status = 409, description = "It is confirmed, or the key belongs to another call", body = crate::error::ProblemBody),
        (status = 503, description = "Busy; try again", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn cancel_purchase(
    State(app): State<App>,
    Path(purchase_id): Path<String>,
    key: Key,
    body: String,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.required(&body)?;
    let answer = settle::cancel(&app, &purchase_id, Some(key)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}
