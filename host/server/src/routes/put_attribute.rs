use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use store::Attribute;
use utoipa::ToSchema;

use crate::body::JsonBody;
use crate::changes::{now, to_the_end};
use crate::error::ApiError;
use crate::state::App;
use crate::wire::problem::{Problem, Problems};

const TYPES: [&str; 6] = ["bool", "string", "json", "date", "int", "decimal"];

/// The definition of an attribute.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttributeDefined {
    name: String,
    r#type: String,
    /// The revision that it made.
    revision: i64,
}

/// Define an attribute of members.
///
/// Body: `{"type":"bool|string|json|date|int|decimal"}`. Terms of personal offers are `json`.
#[utoipa::path(
    put, path = "/v1/attributes/{name}", tag = "Integration",
    params(("name" = String, Path, description = "The attribute's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "Defined", body = AttributeDefined),
        (status = 422, description = "No such type", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn put_attribute(
    State(app): State<App>,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Json<AttributeDefined>, ApiError> {
    let kind = kind(&body.value)?;
    to_the_end(async move {
        let _turn = app.changes.lock().await;
        let attribute = Attribute { name, kind };
        let revision = app.store.put_attribute(&attribute, now()).await?;
        Ok(Json(AttributeDefined { name: attribute.name, r#type: attribute.kind, revision }))
    })
    .await
}

fn kind(body: &Value) -> Result<String, ApiError> {
    let sent = body.get("type").and_then(Value::as_str);
    let known = sent.filter(|sent| TYPES.contains(sent));
    known.map(str::to_owned).ok_or_else(|| ApiError::Refused {
        code: "attribute_refused",
        what: "the attribute has problems",
        problems: Problems(vec![Problem {
            pointer: "/type".to_owned(),
            code: "unknown_type".into(),
            detail: format!("must be one of {}", TYPES.join(", ")),
        }]),
    })
}
