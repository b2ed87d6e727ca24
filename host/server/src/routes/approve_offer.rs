use axum::Json;
use axum::extract::{Path, Query, Request, State};

use super::shapes::{OfferChanged, VersionQuery};
use crate::audit::Actor;
use crate::body::discard;
use crate::changes::{offers, to_the_end};
use crate::error::ApiError;
use crate::state::App;

/// Approve a version.
///
/// With `offers.require_approval` only approved versions can run.
#[utoipa::path(
    post, path = "/v1/offers/{external_id}/approve", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer"), VersionQuery),
    responses(
        (status = 200, description = "Approved, or further already", body = OfferChanged),
        (status = 404, description = "There is no such offer", body = crate::error::ProblemBody),
        (status = 409, description = "It is archived", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn approve_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    Query(query): Query<VersionQuery>,
    actor: Actor,
    request: Request,
) -> Result<Json<OfferChanged>, ApiError> {
    discard(request.into_body()).await;
    let changed = to_the_end(offers::approve(app, external_id, query.version, actor)).await?;
    Ok(Json(changed.into()))
}
