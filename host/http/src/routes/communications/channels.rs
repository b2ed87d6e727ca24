//! `/v1/channels`: how messages reach members, and what providers report of them.

use app::changes::to_the_end;
use app::communications::channels;
use app::communications::receipts::{self, Format};
use app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// Put a channel.
///
/// `{"kind":"smtp","account":{"host":"smtp.example.com","user":"shop","password":"smtp","from":"Shop <news@example.com>"},
/// "secrets":{"smtp":{"environment":"OFFER_HOST_CHANNEL_SMTP"}},"limits":{"per_second":14,"per_day":50000},
/// "quiet_hours":{"from":"21:00","until":"09:00"},"receipts":{"secret":"hook"}}`. Kinds are `smtp`, `http` and `in_app`. A
/// secret is named by the account and comes from a variable (`environment`), a `file`, or with the call (`value`); what was
/// sent is never shown again, and stays if the channel is put with `{"stored":true}` in its place.
#[utoipa::path(
    put, path = "/v1/channels/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The channel's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "The channel, in effect", body = Object),
        (status = 409, description = "`too_many_channels`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`channel_refused`: every problem with its place, such as `bad_account`, `unknown_secret`, `secret_not_allowed`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn put_channel(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(to_the_end(async move { channels::put(&app, &name, &body, actor).await }).await?))
}

/// Show a channel.
///
/// As it was put, without its secrets.
#[utoipa::path(
    get, path = "/v1/channels/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The channel's name")),
    responses(
        (status = 200, description = "The channel", body = Object),
        (status = 404, description = "`unknown_channel`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_channel(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(channels::show(&app, &name).await?))
}

/// Test a channel.
///
/// `{"to":"me@example.com","text":"…"}`: sends one message to this address, and tells what the provider has answered:
/// `accepted`, `later`, `refused` or `unknown`.
#[utoipa::path(
    post, path = "/v1/channels/{name}/test", tag = "Communications",
    params(("name" = String, Path, description = "The channel's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "What became of the message", body = Object),
        (status = 404, description = "`unknown_channel`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`channel_unusable`, `channel_secret_missing`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`channel_refused`: the call has problems", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn test_channel(
    State(app): State<App>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(channels::test(&app, &name, &body).await?))
}

/// What became of reports.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct ReportsTaken {
    /// How many there were.
    reports: usize,
    /// How many of them are new.
    taken: usize,
    /// How many were taken before.
    repeated: usize,
    /// How many are about no message of this host.
    unknown: usize,
    /// Those that cannot be read; a report that is sent again with these in it is not taken twice.
    refused: Vec<ReportRefused>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReportRefused {
    /// Its place in the list, from 0.
    place: usize,
    /// What is wrong.
    detail: String,
}

/// Report what became of messages.
///
/// For providers, without a key: the channel's `receipts` say which header proves the call. JSON
/// `{"receipts":[{"id":"e-1","message_id":"…","status":"delivered","at":"2026-11-30T10:00:00Z","reason":"…"}]}`, or the
/// provider's own shape by `receipts.map`; or a mail that came back, as `message/rfc822`. Statuses are `accepted`,
/// `delayed`, `delivered`, `read`, `replied`, `soft_bounced`, `rejected`, `hard_bounced`, `unsubscribed` and `complained`. A
/// report counts once by its `id`.
#[utoipa::path(
    post, path = "/v1/channels/{name}/receipts", tag = "Communications",
    params(("name" = String, Path, description = "The channel's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Taken; bad reports cost only themselves", body = ReportsTaken),
        (status = 403, description = "`wrong_signature`", body = wire::problem::ProblemDocument),
        (status = 404, description = "`unknown_channel`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`receipts_not_set_up`, `no_reports`, `too_many_reports`, `not_a_mail`", body = wire::problem::ProblemDocument),
    ),
)]
pub(in crate::routes) async fn take_receipts(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ReportsTaken>, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let format = if kind.starts_with("message/") { Format::Mail } else { Format::Json };
    let taken = receipts::take(&app, &name, format, text, &body).await?;
    let refused = taken.refused.into_iter().map(|(place, detail)| ReportRefused { place, detail });
    Ok(Json(ReportsTaken {
        reports: taken.reports,
        taken: taken.taken,
        repeated: taken.repeated,
        unknown: taken.unknown,
        refused: refused.collect(),
    }))
}
