//! `/v1/mailings`: one message to many members.

use app::changes::to_the_end;
use app::communications::mailings::{control, define, preview, statistics};
use app::error::Error;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::ToSchema;
use wire::problem::Problems;

use crate::actor::Actor;
use crate::body::{JsonBody, NoBody};
use crate::choice::choice;
use crate::error::ApiError;
use crate::query::Query;

/// Define a mailing.
///
/// `{"template":"spring","channel":"mail","audience":{"segments":["loyal"]},"schedule":{"local":"2026-12-01T10:00"},
/// "category":"marketing","topic":"news","throttle_per_second":100,"too_late_after_minutes":720,"variants":[{"name":"a",
/// "share":1},{"name":"b","share":1,"template":"spring-b"}],"control_group":{"percent":"10","salt":"spring"},
/// "attribution_days":7}`. The audience is `{"all":true}`, `{"segments":[…]}` or `{"rule":{…}}`; whoever is in several
/// segments gets one message. It can be changed until it is started.
#[utoipa::path(
    put, path = "/v1/mailings/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Defined", body = Object),
        (status = 409, description = "`mailing_started`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`mailing_refused`: every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn put_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let actor = actor.sending(body.digest());
    let known = to_the_end(define::put(app, name, body.value, actor)).await?;
    Ok(Json(define::shown(&known)?))
}

/// Show a mailing.
#[utoipa::path(
    get, path = "/v1/mailings/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "The mailing and its state", body = Object),
        (status = 404, description = "`unknown_mailing`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(define::get(&app, &name).await?))
}

/// Where a page of a list begins.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct ListQuery {
    /// The last one of the page before.
    #[serde(default)]
    after: String,
}

/// List the mailings.
///
/// By name, a hundred at a time.
#[utoipa::path(
    get, path = "/v1/mailings", tag = "Communications",
    params(ListQuery),
    responses((status = 200, description = "By name", body = Object)),
    security(("key" = [])),
)]
pub(in crate::routes) async fn list_mailings(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({"mailings": define::list(&app, &query.after).await?})))
}

/// Start a mailing.
///
/// Its audience is frozen: who joins or leaves a segment later changes nothing. Members of the control group are noted as
/// ghosts. Nothing goes to anybody twice, however often nodes are killed.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/start", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "Started", body = Object),
        (status = 404, description = "`unknown_mailing`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`mailing_state`, `segment_not_ready`, `audience_not_ready`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn start_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(define::shown(&to_the_end(control::start(app, name, actor)).await?)?))
}

/// Pause a mailing.
///
/// What is on the wire ends; nothing else begins until it is resumed.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/pause", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "Paused", body = Object),
        (status = 409, description = "`mailing_state`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn pause_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(define::shown(&to_the_end(control::pause(app, name, actor)).await?)?))
}

/// Resume a mailing.
///
/// Where it was: nobody is left out, and nobody is written to twice.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/resume", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "Running", body = Object),
        (status = 409, description = "`mailing_state`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn resume_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(define::shown(&to_the_end(control::resume(app, name, actor)).await?)?))
}

/// Stop a mailing.
///
/// For good: messages that wait are skipped with the reason `stopped`.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/stop", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "Stopped", body = Object),
        (status = 409, description = "`mailing_state`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn stop_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(define::shown(&to_the_end(control::stop(app, name, actor)).await?)?))
}

/// Whose message is shown.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct PreviewQuery {
    /// The retailer's id of the member.
    member_id: String,
}

/// Preview a mailing.
///
/// The message as one member would get it, in the member's variant. Nothing is sent.
#[utoipa::path(
    get, path = "/v1/mailings/{name}/preview", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name"), PreviewQuery),
    responses(
        (status = 200, description = "The message", body = Object),
        (status = 404, description = "`unknown_mailing`, `unknown_member`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`message_not_rendered`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn preview_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(preview::preview(&app, &name, &query.member_id).await?))
}

/// A body of a simple shape.
fn read<T: DeserializeOwned>(body: Value) -> Result<T, ApiError> {
    let refused = |error: serde_json::Error| Error::Refused {
        code: "body_refused",
        what: "the body is not as it must be",
        problems: Problems::of_document("unreadable", error.to_string()),
    };
    Ok(serde_json::from_value(body).map_err(refused)?)
}

/// Whose message goes to whom in a test.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct TestBody {
    /// The member whose message it is.
    member_id: String,
    /// Addresses that it goes to, 1 to 20.
    to: Vec<String>,
}

/// Send a mailing to testers.
///
/// The message as one member would get it, to other addresses. Nothing is stored, and the member gets nothing.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/test", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    request_body(content = TestBody),
    responses(
        (status = 200, description = "What became of each", body = Object),
        (status = 409, description = "`message_not_rendered`, `too_many_testers`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn test_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let TestBody { member_id, to } = read(body.value)?;
    Ok(Json(to_the_end(preview::test(app, name, member_id, to, actor)).await?))
}

/// Make a mailing for everybody, and send nothing.
///
/// Tells for how many members the message cannot be made, why, and the first hundred of them.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/dry-run", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "The report", body = Object),
        (status = 404, description = "`unknown_mailing`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn dry_run_mailing(
    State(app): State<App>,
    Path(name): Path<String>,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(preview::dry_run(app, name).await?))
}

/// Messages to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::routes) struct AgainBody {
    /// Ids of messages that are `dead`, `failed` or `unknown`, 1 to 1,000.
    messages: Vec<String>,
}

/// Send messages of a mailing again.
///
/// Those that were given up, refused or are unknown: somebody may get an unknown one twice, and decides that here.
#[utoipa::path(
    post, path = "/v1/mailings/{name}/send-again", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    request_body(content = AgainBody),
    responses(
        (status = 200, description = "How many will be sent again", body = Object),
        (status = 409, description = "`mailing_state`, `too_many_messages`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn send_mailing_again(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let AgainBody { messages } = read(body.value)?;
    Ok(Json(json!({"messages": to_the_end(control::send_again(app, name, messages, actor)).await?})))
}

/// Show the numbers of a mailing.
///
/// They add up: `audience` = `not_planned_yet` + `merged` + `gone` + all of `messages`.
#[utoipa::path(
    get, path = "/v1/mailings/{name}/statistics", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name")),
    responses(
        (status = 200, description = "Messages by state and reason, reactions, orders", body = Object),
        (status = 404, description = "`unknown_mailing`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn mailing_statistics(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(statistics::of_mailing(&app, &name).await?))
}

/// Which messages of a mailing are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct MessagesQuery {
    /// `planned`, `held`, `attempting`, `sent`, `skipped`, `failed`, `unknown`, `dead` or `ghost`.
    state: String,
    /// The last id of the page before.
    #[serde(default)]
    after: String,
}

/// List messages of a mailing.
///
/// Those in a state, a thousand at a time, each with the reason for it.
#[utoipa::path(
    get, path = "/v1/mailings/{name}/messages", tag = "Communications",
    params(("name" = String, Path, description = "The mailing's name"), MessagesQuery),
    responses(
        (status = 200, description = "By id", body = Object),
        (status = 400, description = "`malformed_query`: there is no such state", body = wire::problem::ProblemDocument),
        (status = 404, description = "`unknown_mailing`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn mailing_messages(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<Value>, ApiError> {
    let states = statistics::STATES.map(|state| (state, state));
    let state = choice("state", Some(query.state.as_str()), &states)?;
    let messages = statistics::messages(&app, &name, state, &query.after).await?;
    Ok(Json(json!({"messages": messages})))
}
