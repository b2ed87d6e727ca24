//! `/v1/results/export`: the results feed.

use app::results::{Export, Start};
use app::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use futures_util::stream;
use serde::Deserialize;

use crate::error::ApiError;
use crate::query::Query;

/// The part of the results feed to read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// The `cursor` of the last row that was read, or a time (RFC 3339); from the start if absent.
    since: Option<String>,
    /// The most rows; all if absent.
    limit: Option<u64>,
}

/// Read the results feed.
///
/// NDJSON, an event a row: `receipt` (a purchase was confirmed, with its sums and what was sold), `offered`
/// (an offer let the buyer in and gave nothing, with the `reason`), `fired` (it paid), `would_have_fired`
/// (the member is in its control group), `accepted` and `declined` (with the `item` as it was uploaded),
/// `coupon_issued`, `coupon_used` and `coupon_given_back` (a code of a pool, with its offer),
/// `returned` (below zero; for the return as a whole with what came back, and for each offer). `at` is the
/// time of the receipt, of the return or of the decision.
///
/// Rows are never changed, and a later row never gets an earlier place: a reader that goes on with
/// `since=` the last `cursor` misses nothing, and the same cursor gives the same bytes. With a time
/// the feed has what happened then or later, also where an earlier receipt was sent late.
#[utoipa::path(
    get, path = "/v1/results/export", tag = "Integration",
    params(ExportQuery),
    responses(
        (status = 200, description = "The rows; ends when the reader has caught up", body = String, content_type = "application/x-ndjson"),
        (status = 400, description = "`since` is neither a cursor nor a time", body = wire::problem::ProblemDocument),
        (status = 410, description = "`results_removed`: the row of the cursor is older than the feed is kept", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn export_results(
    State(app): State<App>,
    Query(query): Query<ExportQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let start = Start::read(query.since.as_deref()).ok_or_else(|| {
        ApiError::MalformedQuery(
            "`since` must be the `cursor` of a row, or a time such as 2026-11-22T10:15:00Z".to_owned(),
        )
    })?;
    let most = query.limit.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    let mut export = Export::new(app.store.clone(), start, most);
    // The first page is read before the answer begins, so that it can still be a refusal.
    let first = export.page().await?;
    let pages = stream::try_unfold((first, export), |(page, mut export)| async move {
        let Some(page) = page else { return Ok::<_, ApiError>(None) };
        let next = export.page().await?;
        Ok(Some((page, (next, export))))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(pages)))
}
