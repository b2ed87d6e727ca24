use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::changes::mechanics;
use crate::error::ApiError;
use crate::mechanics::status::{self, MechanicStatus};
use crate::state::App;

/// All mechanics.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MechanicList {
    mechanics: Vec<MechanicStatus>,
}

/// List the mechanics: versions, roll-outs and health.
#[utoipa::path(
    get, path = "/v1/mechanics", tag = "Mechanics",
    responses((status = 200, description = "By name", body = MechanicList)),
    security(("key" = [])),
)]
pub(super) async fn list_mechanics(State(app): State<App>) -> Result<Json<MechanicList>, ApiError> {
    Ok(Json(MechanicList { mechanics: status::all(&app).await? }))
}

/// Show a mechanic: versions, roll-out and health.
#[utoipa::path(
    get, path = "/v1/mechanics/{name}", tag = "Mechanics",
    params(("name" = String, Path, description = "As offers call it")),
    responses(
        (status = 200, description = "The mechanic", body = MechanicStatus),
        (status = 404, description = "`unknown_mechanic`", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_mechanic(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<MechanicStatus>, ApiError> {
    let versions = mechanics::of_name(&app, &name).await?;
    let rollouts = app.source().rollouts_at(app.store.plan_revision().await?).await?;
    Ok(Json(status::of(&app, name.clone(), versions, rollouts.get(&name)).await?))
}
