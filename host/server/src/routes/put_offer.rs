use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::shapes::OfferChanged;
use crate::audit::Actor;
use crate::body::JsonBody;
use crate::changes::{offers, to_the_end};
use crate::error::ApiError;
use crate::state::App;

/// Create or edit an offer.
///
/// An edit makes a new version, a draft until `run`; the version that is live goes on meanwhile. The
/// same body again changes nothing.
#[utoipa::path(
    put, path = "/v1/offers/{external_id}", tag = "Integration",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    request_body(content = Object, description = "`title`, `mechanic`, `params` or `attribute`, `stacking`, `filters`, `on_fault` (`skip`, `previous_version` or `fail`), …"),
    responses(
        (status = 200, description = "Edited, or the same as before", body = OfferChanged),
        (status = 201, description = "Created, as a draft", body = OfferChanged),
        (status = 409, description = "The offer is archived", body = crate::error::ProblemBody),
        (status = 422, description = "Refused; every problem with its place", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_offer(
    State(app): State<App>,
    Path(external_id): Path<String>,
    actor: Actor,
    body: JsonBody,
) -> Result<(StatusCode, Json<OfferChanged>), ApiError> {
    let actor = actor.sending(body.digest());
    let changed = to_the_end(offers::put(app, external_id, body.value, actor)).await?;
    let status = if changed.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(changed.into())))
}
