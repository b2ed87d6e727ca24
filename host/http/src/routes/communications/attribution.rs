//! `/v1/mailings/{name}/attribution` and `/v1/chains/{name}/attribution`: which purchases came of a mailing or chain.

use app::communications::attribution;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::error::ApiError;

/// Show which purchases came of a mailing.
///
/// Four ways to tell, each by itself: `click` (a person clicked, and then bought), `reached` (the message was opened, or
/// delivered on channels that do not tell of that), `used` (the purchase used an offer or a coupon code that the message named), and
/// `control_group`: what those bought to whom it was `sent`, and what the `ghosts` bought who would have got it but for the
/// control group. A purchase counts up to `attribution_days` days of the member's calendar after, for one message at most
/// in each way: the latest. What was returned is taken off; purchases that were returned whole are counted as `returned`.
#[utoipa::path(
    get, path = "/v1/mailings/{name}/attribution", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "Buyers, orders and net revenue", body = Object),
        (status = 404, description = "`unknown_mailing`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn mailing_attribution(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(attribution::of_mailing(&app, &name).await?))
}

/// Show which purchases came of the messages of a chain.
///
/// As of a mailing. A purchase counts up to `attribution_days` of the chain's document after one of its messages.
#[utoipa::path(
    get, path = "/v1/chains/{name}/attribution", tag = "Communications",
    params(("name" = String, Path, description = "The chain's name")),
    responses(
        (status = 200, description = "Buyers, orders and net revenue", body = Object),
        (status = 404, description = "`unknown_chain`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn chain_attribution(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(attribution::of_chain(&app, &name).await?))
}
