//! `/v1/backtests`: back-tests and their reports.

use app::backtests::{self, Report};
use app::error::Error;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};
use store::{Backtest, BacktestState};

use crate::body::{JsonBody, NoBody};
use crate::error::ApiError;

/// Try a candidate on purchases that are sold.
///
/// `candidate` lists what differs from the live plan: `mechanics` (name to version), `offers` (whole, as
/// `PUT` takes them, with `external_id`), `stop` (external ids) and `priorities` (external id to number).
/// `purchases` takes the `last` so many confirmed ones (10,000 if absent), `from` and `to` by the time of
/// the receipt, and `pos`, points of sale with those below them. Each is priced by what is live and by the candidate; nothing that prices depend on is
/// written.
#[utoipa::path(
    post, path = "/v1/backtests", tag = "Integration",
    request_body(content = Object, description = "`candidate` and `purchases`"),
    responses(
        (status = 202, description = "It runs; `Location` says where to look", body = Object),
        (status = 409, description = "`too_many_backtests`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`nothing_to_test`, or refused: each problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn start_backtest(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let backtest = backtests::start(&app, &body.value).await?;
    let location = format!("/v1/backtests/{}", backtest.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(backtests::status(&backtest)?))
        .into_response())
}

/// List back-tests.
///
/// Newest first, without their reports.
#[utoipa::path(
    get, path = "/v1/backtests", tag = "Integration",
    responses((status = 200, description = "As they are now", body = Object)),
    security(("key" = [])),
)]
pub(super) async fn list_backtests(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let listed = backtests::list(&app).await?;
    let listed: Vec<Value> = listed.iter().map(backtests::status).collect::<Result<_, _>>()?;
    Ok(Json(json!({"backtests": listed})))
}

/// How far a back-test is, and its report.
///
/// With `Accept: text/html` the report as a page.
#[utoipa::path(
    get, path = "/v1/backtests/{id}", tag = "Integration",
    params(("id" = String, Path, description = "Of the back-test")),
    responses(
        (status = 200, description = "`running`, `done` with a `report`, or `failed`", body = Object),
        (status = 404, description = "There is no such back-test", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_backtest(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let backtest = backtests::find(&app, &id).await?;
    if wants_page(&headers) {
        return Ok(page(&backtest)?.into_response());
    }
    Ok(Json(backtests::status(&backtest)?).into_response())
}

/// The report of a back-test as a page.
///
/// It needs nothing else, and can be kept or printed.
#[utoipa::path(
    get, path = "/v1/backtests/{id}/report", tag = "Integration",
    params(("id" = String, Path, description = "Of the back-test")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such back-test", body = wire::problem::ProblemDocument),
        (status = 409, description = "`no_report`: it is not done", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_backtest_report(
    State(app): State<App>,
    Path(id): Path<String>,
    _: NoBody,
) -> Result<Html<String>, ApiError> {
    page(&backtests::find(&app, &id).await?)
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|kind| kind.trim().starts_with("text/html"))
}

fn page(backtest: &Backtest) -> Result<Html<String>, ApiError> {
    let report = backtest.report.as_ref().filter(|_| backtest.state == BacktestState::Done);
    let Some(report) = report else {
        let detail = format!("back-test `{}` is {}: there is no report", backtest.id, backtest.state.name());
        return Err(Error::State { code: "no_report", detail }.into());
    };
    let report: Report = serde_json::from_str(report).map_err(|_| ApiError::damaged("back-test"))?;
    backtests::page(&report).map(Html).map_err(|error| ApiError::internal(&error))
}
