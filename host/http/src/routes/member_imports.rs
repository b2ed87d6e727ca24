//! `POST /v1/members/imports`: uploads of members.

use app::imports::{self, ImportCall, ImportKind, Options};
use app::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::imports::{ImportQuery, key_of, mode_name, waits};
use crate::actor::Actor;
use crate::body::{UploadBody, stream};
use crate::error::ApiError;
use crate::idempotency::Key;
use crate::query::Query;

/// Import members.
///
/// NDJSON, a row a member: `{"id":"m-1","state":"normal","identifiers":[{"kind":"card","value":"7"}],
/// "points":"12.50","audiences":[],"attributes":{}}`. A field that is absent stays as it is; attributes
/// are written by name, and `null` removes one. `points` is the balance that the sender knows, also below zero: the
/// ledger gets the difference to the import before. All rows are checked before the first is written; one
/// bad row refuses them all. A large import goes on in the background: 202, and
/// `GET /v1/members/imports/{id}` says how far it is.
#[utoipa::path(
    post, path = "/v1/members/imports", tag = "Integration",
    params(ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "All members are stored", body = Object),
        (status = 202, description = "All rows are good, and being stored", body = Object),
        (status = 422, description = "Nothing was taken; every problem with its row", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn import_members(
    State(app): State<App>,
    Query(query): Query<ImportQuery>,
    key: Key,
    headers: HeaderMap,
    Actor(actor): Actor,
    upload: UploadBody,
) -> Result<Response, ApiError> {
    let mode = query.mode()?;
    let options = Options::of_members(mode);
    let call = ImportCall { kind: ImportKind::Members, options, key: key_of(key), waits: waits(&headers) };
    let import = imports::import(app.clone(), call, stream(upload.body), actor).await?;
    let done = import.state == store::ImportState::Done;
    let Value::Object(mut document) = imports::status(&app, &import).await? else {
        return Err(ApiError::damaged("status of an import"));
    };
    // An import that ends at once is answered like one of the catalogue.
    let revision = match import.revisions {
        Some((_, revision)) => revision,
        None => app.store.revision().await?,
    };
    let listed = document.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let warnings = listed.into_iter().filter(|problem| problem["severity"] == "warning").collect();
    let more = Map::from_iter([
        ("mode".to_owned(), Value::from(mode_name(mode))),
        ("members".to_owned(), Value::from(import.rows_total)),
        ("revision".to_owned(), Value::from(revision)),
        ("warnings".to_owned(), Value::Array(warnings)),
    ]);
    document.extend(more);
    let status = if done { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(Value::Object(document))).into_response())
}
