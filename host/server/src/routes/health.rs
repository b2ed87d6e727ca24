use axum::extract::State;

use crate::error::ApiError;
use crate::nodes;
use crate::state::App;

/// Whether the process runs.
#[utoipa::path(get, path = "/healthz", tag = "Operation", responses((status = 200, body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether receipts can be priced: the latest plan is live and the database answers.
#[utoipa::path(
    get, path = "/readyz", tag = "Operation",
    responses((status = 200, body = String), (status = 503, body = crate::error::ProblemBody)),
)]
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.store.ping().await?;
    nodes::serving(&app).await?;
    Ok("ready\n")
}
