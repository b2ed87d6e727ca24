//! `/v1/message-templates`: templates of messages, their versions, and messages as they would be sent.

use app::changes::to_the_end;
use app::communications::templates::{self, PutTemplate};
use app::communications::{promises, rendering};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::query::Query;

/// Templates on a page.
const PAGE: i64 = 100;

/// What became of a template that was put.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct TemplatePut {
    name: String,
    /// The latest version: a new one, or the one that has the same document.
    version: i64,
    /// SHA-256 of the document.
    digest: String,
    /// What the template asks for about a member.
    #[schema(value_type = Object)]
    needs: Value,
    /// What is unwise about it.
    warnings: Vec<Problem>,
}

/// Put a template.
///
/// `{"channel":"email","category":"marketing","topic":"news","language":"en","languages":{"en":{"subject":"…","preheader":"…",
/// "mjml":"…","text":"…"}},"stand_in_picture":"…"}`. `html` may stand instead of `mjml`; without `text` the plain
/// text is made from the page. Other channels than e-mail have `text` only. Texts have expressions such as
/// `{{ member.name }}`, `{{ offer("coffee-10").title }}`, `{% if … %}`. A version never changes: another document is
/// another version.
#[utoipa::path(
    put, path = "/v1/message-templates/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The template's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "It is the latest version already", body = TemplatePut),
        (status = 201, description = "A new version", body = TemplatePut),
        (status = 409, description = "`too_many_message_templates`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`message_template_refused`: every problem with its place and line, such as `bad_mjml`, `bad_expression`, `unknown_macro`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn put_message_template(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<TemplatePut>), ApiError> {
    let actor = actor.sending(body.digest());
    let put = name.clone();
    let put = to_the_end(async move { templates::put(&app, &put, &body, actor).await });
    let PutTemplate { version, digest, is_new, compiled } = put.await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let (needs, warnings) = (json!(compiled.needs()), templates::warnings(&compiled));
    Ok((status, Json(TemplatePut { name, version, digest, needs, warnings })))
}

/// Which version is meant.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct VersionQuery {
    /// The latest one if it is left out.
    version: Option<i64>,
}

/// Show a template.
///
/// A version as it was put, with what it needs and what is unwise about it.
#[utoipa::path(
    get, path = "/v1/message-templates/{name}", tag = "Communications",
    params(("name" = String, Path, description = "The template's name"), VersionQuery),
    responses(
        (status = 200, description = "The version", body = Object),
        (status = 404, description = "`unknown_message_template`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn get_message_template(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<VersionQuery>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(templates::show(&app, &name, query.version).await?))
}

/// Where a page of the list begins.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct AfterQuery {
    /// The last name of the page before.
    #[serde(default)]
    after: String,
}

/// List the templates.
///
/// By name, a hundred at a time, each at its latest version.
#[utoipa::path(
    get, path = "/v1/message-templates", tag = "Communications",
    params(AfterQuery),
    responses((status = 200, description = "By name", body = Object)),
    security(("key" = [])),
)]
pub(in crate::routes) async fn list_message_templates(
    State(app): State<App>,
    Query(query): Query<AfterQuery>,
) -> Result<Json<Value>, ApiError> {
    let rows = templates::list(&app, &query.after, PAGE).await?;
    let listed: Vec<Value> = rows
        .into_iter()
        .map(|row| json!({"name": row.name, "version": row.version, "digest": row.digest}))
        .collect();
    Ok(Json(json!({"message_templates": listed})))
}

/// Show a message as it would be sent.
///
/// `{"member_id":"m-1","version":3,"values":{…},"event":{…},"language":"en"}`: all but the member are optional. The answer
/// has subject, page and text, byte by byte as a message to this member would be now, but for the links of its own; coupon
/// codes are samples, and nothing is promised. `facts` instead of the member gives all values, as `values` of an answer.
#[utoipa::path(
    post, path = "/v1/message-templates/{name}/preview", tag = "Communications",
    params(("name" = String, Path, description = "The template's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "The message", body = Object),
        (status = 404, description = "`unknown_message_template`, `unknown_member`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`message_not_rendered`: with `missing_value`, `promise_void`, `too_much_work` or `output_too_large`; `preview_refused`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn preview_message(
    State(app): State<App>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(rendering::preview(&app, &name, &body).await?))
}

/// Show the open promises of an offer.
///
/// Messages that have told members of the offer while the till would pay it, and whose time is not over: what stopping
/// or editing it would break.
#[utoipa::path(
    get, path = "/v1/offers/{external_id}/promises", tag = "Communications",
    params(("external_id" = String, Path, description = "The retailer's id of the offer")),
    responses(
        (status = 200, description = "`open`, `members`, `without_end`, `until`", body = Object),
        (status = 404, description = "There is no such offer", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(in crate::routes) async fn offer_promises(
    State(app): State<App>,
    Path(external_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(promises::open(&app, &external_id).await?))
}
