use axum::Json;
use axum::extract::{Path, Request, State};

use super::shapes::OfferChanged;
use crate::audit::Actor;
use crate::body::discard;
use crate::changes::{offers, to_the_end};
use crate::error::ApiError;
use crate::state::App;

/// Take an offer off.
///
/// Receipts that are being priced finish with it.
#[utoipa::path(
    post, path = "/v1/offers/{external_id}/stop", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    responses(
        (status = 200, description = "Not live any more", body = OfferChanged),
        (status = 404, description = "There is no such offer", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn stop_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    actor: Actor,
    request: Request,
) -> Result<Json<OfferChanged>, ApiError> {
    discard(request.into_body()).await;
    let changed = to_the_end(offers::stop(app, external_id, actor)).await?;
    Ok(Json(changed.into()))
}
