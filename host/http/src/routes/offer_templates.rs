//! `/v1/offer-templates`: templates of offers, which imports of offers fill.

use app::changes::{templates, to_the_end};
use app::error::Error;
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use wire::template::Template;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;

/// A template after it was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateStored {
    name: String,
    /// The revision that it made.
    revision: i64,
    /// The holes that rows of an import fill.
    holes: Vec<Hole>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Hole {
    name: String,
    /// The value for a row that gives none.
    default: Option<Value>,
}

/// A template.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoredTemplate {
    name: String,
    holes: Vec<Hole>,
    /// The document as it was sent.
    template: Value,
}

/// All templates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoredTemplates {
    templates: Vec<StoredTemplate>,
}

fn holes(template: &Template) -> Vec<Hole> {
    let hole =
        |(name, default): (&str, Option<&Value>)| Hole { name: name.to_owned(), default: default.cloned() };
    template.holes().map(hole).collect()
}

/// Create or edit a template of offers.
///
/// An offer document with holes: a text that is exactly `"${name}"` becomes the value with its JSON
/// type, within a longer text the value is written out. Also
/// `{"title":…,"holes":{"percent":{"default":"10"}},"offer":{…}}`. What was made of a template before
/// stays as it is.
#[utoipa::path(
    put, path = "/v1/offer-templates/{name}", tag = "Integration",
    params(("name" = String, Path, description = "What imports call it")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Stored", body = TemplateStored),
        (status = 422, description = "Refused; every problem with its place", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_offer_template(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<TemplateStored>, ApiError> {
    let actor = actor.sending(body.digest());
    let (template, revision) = to_the_end(templates::put(app, name.clone(), body.value, actor)).await?;
    Ok(Json(TemplateStored { name, revision, holes: holes(&template) }))
}

/// List the templates of offers.
#[utoipa::path(
    get, path = "/v1/offer-templates", tag = "Integration",
    responses((status = 200, description = "By name", body = StoredTemplates)),
    security(("key" = [])),
)]
pub(super) async fn list_offer_templates(State(app): State<App>) -> Result<Json<StoredTemplates>, ApiError> {
    let templates = templates::all(&app).await?.into_iter().map(|(name, read)| stored(name, read));
    Ok(Json(StoredTemplates { templates: templates.collect() }))
}

/// Show a template of offers.
#[utoipa::path(
    get, path = "/v1/offer-templates/{name}", tag = "Integration",
    params(("name" = String, Path, description = "What imports call it")),
    responses(
        (status = 200, description = "The template and its holes", body = StoredTemplate),
        (status = 404, description = "There is no such template", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_offer_template(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<StoredTemplate>, ApiError> {
    let found = templates::all(&app).await?.remove(&name);
    let found = found.ok_or_else(|| Error::NotFound(format!("offer template `{name}`")))?;
    Ok(Json(stored(name, found)))
}

fn stored(name: String, read: templates::ReadTemplate) -> StoredTemplate {
    StoredTemplate { name, holes: holes(&read.template), template: read.document }
}
