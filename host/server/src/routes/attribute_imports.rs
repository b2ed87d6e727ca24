use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::shapes::AttributesQuery;
use crate::audit::Actor;
use crate::body::UploadBody;
use crate::error::ApiError;
use crate::imports::{self, Call, Format, Kind, Options};
use crate::purchases::keys::Key;
use crate::state::App;

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
        (status = 422, description = "The file cannot be read; nothing was taken", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn import_attributes(
    State(app): State<App>,
    Query(query): Query<AttributesQuery>,
    key: Key,
    headers: HeaderMap,
    actor: Actor,
    upload: UploadBody,
) -> Result<Response, ApiError> {
    let format = if upload.is_csv { Format::Csv } else { Format::Ndjson };
    let options = Options { format, check_only: query.check_only()?, removes_others: false };
    let call = Call { kind: Kind::Attributes, options, key: key_of(key), waits: waits(&headers) };
    let import = imports::import(app.clone(), call, upload.body, actor).await?;
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
