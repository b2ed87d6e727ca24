use axum::Json;
use axum::extract::{Path, State};

use crate::error::ApiError;
use crate::purchases::replay;
use crate::replay::Replayed;
use crate::state::App;

/// Work a purchase out again.
///
/// With the plan, the components and the inputs of then. Says whether every byte of the answer is the same,
/// and if not, where it differs. Changes nothing.
#[utoipa::path(
    post, path = "/v1/purchases/{purchase_id}/replay", tag = "Integration",
    params(("purchase_id" = String, Path, description = "The till's id of the purchase")),
    responses(
        (
            status = 200,
            description = "`identical`, `plan`, `revision`, `mechanics` that were asked and `differences`; \
                           a `note` if they may come from the machine of then",
            body = Object,
        ),
        (status = 404, description = "It was never calculated", body = crate::error::ProblemBody),
        (
            status = 409,
            description = "`not_recorded`: it is from before inputs were recorded; `not_reproducible`: \
                           something that it was calculated with is gone",
            body = crate::error::ProblemBody,
        ),
    ),
    security(("key" = [])),
)]
pub(super) async fn replay_purchase(
    State(app): State<App>,
    Path(purchase_id): Path<String>,
) -> Result<Json<Replayed>, ApiError> {
    replay::replay(&app, &purchase_id).await.map(Json)
}
