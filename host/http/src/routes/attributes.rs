//! `/v1/attributes`: definitions of the attributes of members.

use app::changes::{attributes, to_the_end};
use app::state::App;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use store::Attribute;
use utoipa::ToSchema;

use crate::actor::Actor;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::routes::offers::IMPORTS;

/// The definition of an attribute.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttributeDefined {
    name: String,
    r#type: String,
    title: Option<String>,
    /// How a value is merged when its member is merged into another.
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

/// The same for the attribute `imports`, whose address is that of imports as well.
pub(super) async fn put_attribute_named_imports(
    state: State<App>,
    actor: Actor,
    body: JsonBody,
) -> Result<Json<AttributeDefined>, ApiError> {
    put_attribute(state, Path(IMPORTS.to_owned()), actor, body).await
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
