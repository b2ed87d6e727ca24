//! `/v1/purchases/{purchase_id}/offers/{offer}`: why an offer gave something on a purchase, or nothing.

use app::purchases::explanation::{self, OfferExplanation};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};

use crate::access::Within;
use crate::error::ApiError;

/// Explain an offer on a purchase.
///
/// Every condition of the offer in the order in which pricing checks them: what it asks for (`expected`), what it found
/// (`found`), and if it `holds` (`null` if pricing did not get to it), with a sentence for people. It is worked out from
/// what the purchase was calculated with: the plan, the components and the inputs of then. So it also tells of offers whose
/// coupon was not presented, and, with one condition, of those that did not run then. What an offer that was not let in
/// would have given alone is in `would_have_given`. If the purchase cannot be worked out any more, `complete` is false,
/// `note` says why, and the rest is what the stored answer tells. Changes nothing.
#[utoipa::path(
    get, path = "/v1/purchases/{purchase_id}/offers/{offer}", tag = "Support",
    params(
        ("purchase_id" = String, Path, description = "The till's id of the purchase"),
        ("offer" = String, Path, description = "External id of the offer"),
        ("pos" = Option<String>, Query, description = "The store or till, if several have a purchase of this id"),
    ),
    responses(
        (status = 200, description = "What became of the offer, with every condition", body = OfferExplanation),
        (status = 404, description = "There is no such purchase, or there never was such an offer", body = wire::problem::ProblemDocument),
        (status = 409, description = "`purchase_ambiguous`: several stores have one of this id; name one with `pos`", body = wire::problem::ProblemDocument),
        (status = 410, description = "`purchase_removed`: it is older than receipts and amounts are kept", body = wire::problem::ProblemDocument),
        (status = 503, description = "Busy; try again", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn explain_offer(
    State(app): State<App>,
    Within(access): Within,
    Path((purchase_id, offer)): Path<(String, String)>,
) -> Result<Json<OfferExplanation>, ApiError> {
    let stored_id = access.find(&app.store, &purchase_id).await?;
    Ok(Json(explanation::explain(&app, &stored_id, &offer).await?))
}
