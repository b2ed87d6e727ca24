//! `/v1/events`: what other systems saw members and visitors do.

use app::communications::events::{self, Taken, Unknown};
use app::state::App;
use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::{RowsBody, discard};
use crate::choice::choice;
use crate::error::ApiError;
use crate::query::Query;

/// What to do with events of members that nobody knows.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct EventsQuery {
    /// `refuse` (default): nothing is taken if a row names a member that nobody knows; `skip`: such rows are left out.
    unknown: Option<String>,
}

/// What became of the events.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct EventsTaken {
    /// How many were sent.
    rows: usize,
    /// How many of them are new.
    taken: usize,
    /// How many were known already by their source and id.
    repeated: usize,
    /// How many were left out, since nobody knows their members.
    skipped: usize,
}

/// Send events.
///
/// NDJSON, a row an event: `{"id":"c-17","source":"shop","member":{"id":"m-1"},"kind":"cart_abandoned",
/// "at":"2026-11-22T10:15:00+03:00","payload":{"items":2}}`. The member is named by the retailer's id, or by an identifier
/// as `{"kind":"card","value":"77"}`; a site may name a `visitor` instead. `at` may also be milliseconds since 1970. An
/// event is kept once by its `source` and `id`, so that a call may be repeated. All events of a call are taken, or none.
#[utoipa::path(
    post, path = "/v1/events", tag = "Communications",
    params(EventsQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "All are taken", body = EventsTaken),
        (status = 413, description = "`body_too_large`: the call, or one event", body = wire::problem::ProblemDocument),
        (status = 422, description = "`events_refused`: nothing was taken; the problems with their rows, such as `event_too_old`, `event_in_future`, `unknown_member`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn send_events(
    State(app): State<App>,
    Query(query): Query<EventsQuery>,
    request: Request,
) -> Result<Json<EventsTaken>, ApiError> {
    let choices = [("refuse", Unknown::Refuse), ("skip", Unknown::Skip)];
    let unknown = match choice("unknown", query.unknown.as_deref(), &choices) {
        Ok(unknown) => unknown,
        Err(error) => {
            discard(request).await;
            return Err(error);
        }
    };
    let RowsBody(body) = RowsBody::from_request(request, &app).await?;
    let Taken { rows, taken, repeated, skipped } = events::take(&app, body, unknown).await?;
    Ok(Json(EventsTaken { rows, taken, repeated, skipped }))
}
