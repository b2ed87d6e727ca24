//! `POST /v1/attributes/imports`: uploads of attributes.

use app::imports::{self, Format, ImportCall, ImportKind, Options};
use app::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::imports::{key_of, waits};
use crate::actor::Actor;
use crate::body::{UploadBody, stream};
use crate::choice::choice;
use crate::error::ApiError;
use crate::idempotency::Key;
use crate::query::Query;

/// The mode of an import.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ModeQuery {
    /// `apply` (default), or `validate` to check every row and write nothing.
    mode: Option<String>,
}

impl ModeQuery {
    pub(super) fn check_only(&self) -> Result<bool, ApiError> {
        choice("mode", self.mode.as_deref(), &[("apply", false), ("validate", true)])
    }
}

/// Upload attributes of members.
///
/// CSV (RFC 4180, `Content-Type: text/csv`) with the columns `identifier_kind,identifier,attribute,value`,
/// or NDJSON with the same names. The kind `member` is the member's own id. An empty value in CSV, `null`
/// in NDJSON, removes the attribute. Rows are checked one by one; those of one member that follow each
/// other are taken together or not at all, and bad ones are listed at `…/errors`. Values that are stored
/// already are left as they are, so that a file can be sent again at any time; under the same
/// `Idempotency-Key` it is not read again. The call waits for a while
/// (`imports.wait_seconds`; not at all with `Prefer: respond-async`) and then answers 202.
#[utoipa::path(
    post, path = "/v1/attributes/imports", tag = "Integration",
    params(ModeQuery),
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
    Query(query): Query<ModeQuery>,
    key: Key,
    headers: HeaderMap,
    Actor(actor): Actor,
    upload: UploadBody,
) -> Result<Response, ApiError> {
    let format = if upload.is_csv { Format::Csv } else { Format::Ndjson };
    let options = Options::of(format, query.check_only()?);
    let call = ImportCall { kind: ImportKind::Attributes, options, key: key_of(key), waits: waits(&headers) };
    let import = imports::import(app.clone(), call, stream(upload.body), actor).await?;
    let under_way = import.state == store::ImportState::Running;
    let status = if under_way { StatusCode::ACCEPTED } else { StatusCode::OK };
    let location = format!("/v1/attributes/imports/{}", import.id);
    let document = imports::status(&app, &import).await?;
    Ok((status, [(header::LOCATION, location)], Json(document)).into_response())
}
