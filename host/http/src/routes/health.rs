//! `/healthz`, `/readyz` and `/metrics`: for load balancers and monitoring. The settings say whether `/metrics` needs a key.

use std::fmt::Write as _;

use app::nodes;
use app::state::App;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::error::ApiError;

/// Answers `ok` while the process runs.
#[utoipa::path(get, path = "/healthz", tag = "Operation", responses((status = 200, description = "The process runs", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers `ready` while receipts can be priced: the latest plan is live, and the database answers and can be written.
///
/// Queues of communications that are behind by more than `communications.lag_seconds` follow, a line each.
#[utoipa::path(
    get, path = "/readyz", tag = "Operation",
    responses(
        (status = 200, description = "Receipts can be priced", body = String),
        (status = 503, description = "They cannot, and why", body = wire::problem::ProblemDocument),
    ),
)]
pub(super) async fn readyz(State(app): State<App>) -> Result<String, ApiError> {
    app.store.check().await?;
    nodes::serving(&app).await?;
    let mut text = "ready\n".to_owned();
    // Tills do not need communications: what is late there is told, and this node stays in service.
    for (queue, seconds) in app.metrics.lag.beyond(app.config.communications.lag_seconds) {
        // Writing into memory does not fail.
        let _ = writeln!(text, "late: {queue} by {seconds} s");
    }
    Ok(text)
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counters for Prometheus.
///
/// Public, or with a key, as `server.metrics` says.
#[utoipa::path(
    get, path = "/metrics", tag = "Operation",
    responses((status = 200, description = "In the format of OpenMetrics", body = String)),
)]
pub(super) async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let text = app.metrics.text(app.registry.loaded_count()).map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text))
}
