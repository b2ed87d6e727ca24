//! `/v1/purchases/{purchase_id}/returns`: returns of a purchase.

use app::purchases::returns;
use app::state::App;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;

use crate::access::Within;
use crate::body::{JsonBody, TextBody};
use crate::error::ApiError;
use crate::idempotency::Key;

/// Work out a return.
///
/// From the confirmed purchase: `{"lines":[{"position":1,"quantity":"1"}]}`. It counts once it is
/// confirmed.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/returns", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("Idempotency-Key" = String, Header, description = "The same for every try of the same call"),
    ),
    request_body(content = Object, description = "`lines`, each with `position` and `quantity`"),
    responses(
        (status = 200, description = "`return_id`, `lines` and `totals`: what is given back and taken back", body = Object),
        (status = 404, description = "There is no such purchase", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is not confirmed", body = wire::problem::ProblemDocument),
        (status = 422, description = "It names lines or quantities that were not sold", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn create_return(
    State(app): State<App>,
    Within(access): Within,
    Path(purchase_id): Path<String>,
    key: Key,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.required(&body.text)?;
    let stored_id = access.find(&app.store, &purchase_id).await?;
    let answer = returns::create(&app, &stored_id, &body, Some(key)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}

/// Commit a return.
///
/// Points go back to where they came from, earned ones are taken back, and limits are given back.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/returns/{return_id}/confirm", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("return_id" = String, Path, description = "As answered when the return was worked out"),
        ("Idempotency-Key" = String, Header, description = "The same for every try of the same call"),
    ),
    responses(
        (status = 200, description = "The return, confirmed", body = Object),
        (status = 404, description = "There is no such return", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is cancelled or expired, or points are already spent", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn confirm_return(
    State(app): State<App>,
    Within(access): Within,
    Path((purchase_id, return_id)): Path<(String, String)>,
    key: Key,
    TextBody(body): TextBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.required(&body)?;
    let stored_id = access.find(&app.store, &purchase_id).await?;
    let answer = returns::confirm(&app, &stored_id, &return_id, Some(key)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}

/// Drop a return that is not confirmed.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/returns/{return_id}/cancel", tag = "Tills",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("return_id" = String, Path, description = "As answered when the return was worked out"),
        ("Idempotency-Key" = String, Header, description = "The same for every try of the same call"),
    ),
    responses(
        (status = 200, description = "The return, cancelled", body = Object),
        (status = 404, description = "There is no such return", body = wire::problem::ProblemDocument),
        (status = 409, description = "It is confirmed", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn cancel_return(
    State(app): State<App>,
    Within(access): Within,
    Path((purchase_id, return_id)): Path<(String, String)>,
    key: Key,
    TextBody(body): TextBody,
) -> Result<impl IntoResponse, ApiError> {
    let key = key.required(&body)?;
    let stored_id = access.find(&app.store, &purchase_id).await?;
    let answer = returns::cancel(&app, &stored_id, &return_id, Some(key)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer))
}
