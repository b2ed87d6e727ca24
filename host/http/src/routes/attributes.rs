use app::changes::{attributes, to_the_end};
use app::imports::{self, Format, ImportCall, ImportKind, Options};
use app::state::App;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::Attribute;
use utoipa::ToSchema;

use super::shapes::AttributesQuery;
use crate::actor::Actor;
use crate::body::{JsonBody, UploadBody, stream};
use crate::error::ApiError;
use crate::idempotency::Key;

/// The definition of an attribute.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttributeDefined {
    name: String,
    r#type: String,
    title: Option<String>,
    /// What becomes of a value when its member is merged into another.
    merge: String,
    /// The revision that wrote it.
    revision: i64,
}

impl From<Attribute> for AttributeDefined {
    fn from(attribute: Attribute) -> Self {
        let Attribute { name, kind, title, merge, revision } = attribute;
        Self { name, r#type: kind, title, merge, revision }
    }
}

/// Define an attribute of members.
///
/// Body: `{"type":"bool|string|json|date|int|decimal","title":…,"merge":…}`. Terms of personal offers
/// are `json`. `merge` says what becomes of a value when its member is merged into another: `none` drops
/// it, `copy_if_absent` (default) copies it to a survivor who has none, `sum_or_append` adds numbers
/// exactly and appends texts, lists and the `items` of objects, `always` overwrites the survivor's, `max`
/// keeps the larger number or the later date.
#[utoipa::path(
    put, path = "/v1/attributes/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The attribute's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Defined", body = AttributeDefined),
        (status = 409, description = "`attribute_in_use`: the type would change under values", body = wire::problem::ProblemDocument),
        (status = 422, description = "No such type or mode", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_attribute(
    State(app): State<App>,
    Path(name): Path<String>,
    Actor(actor): Actor,
    JsonBody(body): JsonBody,
) -> Result<Json<AttributeDefined>, ApiError> {
    let actor = actor.sending(body.digest());
    let attribute = to_the_end(attributes::put(app, name, body.value, actor)).await?;
    Ok(Json(attribute.into()))
}

/// All attributes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attributes {
    attributes: Vec<AttributeDefined>,
}

/// List the attributes of members.
#[utoipa::path(
    get, path = "/v1/attributes", tag = "Integration",
    responses((status = 200, description = "By name", body = Attributes)),
    security(("key" = [])),
)]
pub(super) async fn list_attributes(State(app): State<App>) -> Result<Json<Attributes>, ApiError> {
    let attributes = app.store.attributes().await?;
    Ok(Json(Attributes { attributes: attributes.into_iter().map(AttributeDefined::from).collect() }))
}

/// Upload attributes of members.
///
/// CSV (RFC 4180, `Content-Type: text/csv`) with the columns `identifier_kind,identifier,attribute,value`,
/// or NDJSON with the same names. The kind `member` is the member's own id. An empty value in CSV, `null`
/// in NDJSON, removes the attribute. Rows are checked one by one; those of one member that follow each
/// other are taken together or not at all, and bad ones are listed at `…/errors`. Whatever is the same
/// already is left alone, so that the same file can be sent again at any time; under the same
/// `Idempotency-Key` it is not even looked at again. The call waits for a while
/// (`imports.wait_seconds`; not at all with `Prefer: respond-async`) and then answers 202.
#[utoipa::path(
    post, path = "/v1/attributes/imports", tag = "Integration",
    params(AttributesQuery),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, description = "Every row was looked at", body = Object),
        (status = 202, description = "Under way; see `GET /v1/attributes/imports/{id}`", body = Object),
        (status = 422, description = "The file cannot be read; nothing was taken", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn import_attributes(
    State(app): State<App>,
    Query(query): Query<AttributesQuery>,
    key: Key,
    headers: HeaderMap,
    Actor(actor): Actor,
    upload: UploadBody,
) -> Result<Response, ApiError> {
    let format = if upload.is_csv { Format::Csv } else { Format::Ndjson };
    let options = Options { format, check_only: query.check_only()?, removes_others: false };
    let call = ImportCall { kind: ImportKind::Attributes, options, key: key_of(key), waits: waits(&headers) };
    let import = imports::import(app.clone(), call, stream(upload.body), actor).await?;
    let under_way = import.state == store::ImportState::Running;
    let status = if under_way { StatusCode::ACCEPTED } else { StatusCode::OK };
    let location = format!("/v1/attributes/imports/{}", import.id);
    let document = imports::status(&app, &import).await?;
    Ok((status, [(header::LOCATION, location)], Json(document)).into_response())
}

/// The key that names an upload, with whose it is.
pub(super) fn key_of(key: Key) -> Option<(String, String)> {
    key.optional("").map(|key| (key.caller, key.key))
}

/// Whether the caller waits for the end (RFC 7240).
pub(super) fn waits(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    !preferences.flat_map(|value| value.split(',')).any(|one| one.trim() == "respond-async")
}
