//! `/v1/consents` and `/v1/suppressions`: what members have agreed to, and who is not written to.

use app::communications::{consents, suppressions};
use app::state::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::RowsBody;
use crate::error::ApiError;

/// What became of the consents.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct ConsentsTaken {
    /// How many were sent.
    rows: usize,
    /// How many of them are new.
    taken: usize,
}

/// Send answers of members about channels and topics.
///
/// NDJSON, a row an answer: `{"member":{"id":"m-1"},"channel":"mail","topic":"news","state":"granted",
/// "at":"2026-11-22T10:15:00+03:00","source":"checkout form","text_version":"2026-11"}`. `channel` and `topic` may be `*`,
/// for all; `topic` is `*` if it is left out. `state` is `granted`, `pending` (the member has yet to confirm: nothing that
/// advertises goes out until a `granted` follows) or `withdrawn`. `source` and `text_version` are the proof; who takes
/// consent back needs no `text_version`. Answers are added and never changed: a `withdrawn` counts until a later `granted`
/// about the same or a part of it. The same answer is kept once. All rows of a call are taken, or none.
#[utoipa::path(
    post, path = "/v1/consents", tag = "Communications",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "All are taken", body = ConsentsTaken),
        (status = 422, description = "`consents_refused`: nothing was taken; the problems with their rows, such as `unknown_member`, `time_in_future`, `missing_field`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn send_consents(
    State(app): State<App>,
    Actor(actor): Actor,
    RowsBody(body): RowsBody,
) -> Result<Json<ConsentsTaken>, ApiError> {
    let consents::Taken { rows, taken } = consents::take(&app, body, &actor).await?;
    Ok(Json(ConsentsTaken { rows, taken }))
}

/// What became of the suppressions.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct SuppressionsTaken {
    /// How many were sent.
    rows: usize,
    /// How many of them have changed the list.
    changed: usize,
}

/// Say who is not written to.
///
/// NDJSON, a row each: `{"email":"anna@example.org","reason":"asked by letter"}`, or `phone`, or `member` as
/// `{"id":"m-1"}`. `channel` names one channel; all if it is left out. `scope` is `all` (default: nothing is sent) or
/// `marketing` (what advertises is not). `"state":"lifted"` takes it off the list, unless it was put there after `at`.
/// Addresses are kept as digests: the list cannot be read back, and stays when a member is erased. All rows of a call are
/// taken, or none.
#[utoipa::path(
    post, path = "/v1/suppressions", tag = "Communications",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "All are taken", body = SuppressionsTaken),
        (status = 422, description = "`suppressions_refused`: nothing was taken; the problems with their rows, such as `not_an_email`, `not_a_phone`, `unknown_member`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn send_suppressions(
    State(app): State<App>,
    RowsBody(body): RowsBody,
) -> Result<Json<SuppressionsTaken>, ApiError> {
    let suppressions::Taken { rows, changed } = suppressions::take(&app, body).await?;
    Ok(Json(SuppressionsTaken { rows, changed }))
}
