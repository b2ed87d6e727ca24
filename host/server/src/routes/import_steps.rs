//! How far an import is, and what to do with it; the same for members and attributes.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::body::discard;
use crate::error::ApiError;
use crate::imports::{self, Kind};
use crate::state::App;

/// Imports that are listed.
const LISTED: i64 = 100;

/// The latest imports of attributes.
///
/// Newest first.
#[utoipa::path(
    get, path = "/v1/attributes/imports", tag = "Integration",
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn list_attribute_imports(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    list(&app, Kind::Attributes).await
}

/// How far an import of attributes is.
///
/// Rows and bytes done and in all, what was changed, and the first problems.
#[utoipa::path(
    get, path = "/v1/attributes/imports/{id}", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn attribute_import(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let import = imports::find(&app, Kind::Attributes, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// What was wrong with the rows of an import of attributes.
///
/// NDJSON, a row a problem: row and line of the file from 1, severity, JSON pointer (rows from 0), code, detail.
#[utoipa::path(
    get, path = "/v1/attributes/imports/{id}/errors", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn attribute_import_errors(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    errors(app, Kind::Attributes, id).await
}

/// Let an import wait after the rows at hand.
///
/// The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/attributes/imports/{id}/suspend", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
        (status = 409, description = "It is not in that state", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn suspend_attribute_import(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    discard(request.into_body()).await;
    let import = imports::suspend(&app, Kind::Attributes, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// Go on with an import that was suspended.
///
/// The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/attributes/imports/{id}/resume", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
        (status = 409, description = "It is not in that state", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn resume_attribute_import(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    discard(request.into_body()).await;
    let import = imports::resume(&app, Kind::Attributes, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// Give an import up; what was applied stays.
///
/// The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/attributes/imports/{id}/cancel", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
        (status = 409, description = "It is not in that state", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn cancel_attribute_import(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    discard(request.into_body()).await;
    let import = imports::cancel(&app, Kind::Attributes, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// The latest imports of members.
///
/// Newest first.
#[utoipa::path(
    get, path = "/v1/members/imports", tag = "Integration",
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn list_member_imports(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    list(&app, Kind::Members).await
}

/// How far an import of members is.
///
/// Rows and bytes done and in all, what was changed, and the first problems.
#[utoipa::path(
    get, path = "/v1/members/imports/{id}", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn member_import(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let import = imports::find(&app, Kind::Members, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// What was wrong with the rows of an import of members.
///
/// NDJSON, a row a problem: row and line of the file from 1, severity, JSON pointer (rows from 0), code, detail.
#[utoipa::path(
    get, path = "/v1/members/imports/{id}/errors", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn member_import_errors(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    errors(app, Kind::Members, id).await
}

/// Let an import wait after the rows at hand.
///
/// The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/members/imports/{id}/suspend", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
        (status = 409, description = "It is not in that state", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn suspend_member_import(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    discard(request.into_body()).await;
    let import = imports::suspend(&app, Kind::Members, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// Go on with an import that was suspended.
///
/// The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/members/imports/{id}/resume", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
        (status = 409, description = "It is not in that state", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn resume_member_import(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    discard(request.into_body()).await;
    let import = imports::resume(&app, Kind::Members, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

/// Give an import up; what was applied stays.
///
/// The same again changes nothing.
#[utoipa::path(
    post, path = "/v1/members/imports/{id}/cancel", tag = "Integration",
    params(("id" = String, Path, description = "Of the import")),
    responses(
        (status = 200, description = "As it is now", body = Object),
        (status = 404, description = "There is no such import", body = crate::error::ProblemBody),
        (status = 409, description = "It is not in that state", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn cancel_member_import(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    discard(request.into_body()).await;
    let import = imports::cancel(&app, Kind::Members, &id).await?;
    imports::status(&app, &import).await.map(Json)
}

async fn list(app: &App, kind: Kind) -> Result<Json<Value>, ApiError> {
    let mut imports = Vec::new();
    for import in app.store.imports(kind.name(), LISTED).await? {
        imports.push(imports::status(app, &import).await?);
    }
    Ok(Json(json!({"imports": imports})))
}

async fn errors(app: App, kind: Kind, id: String) -> Result<Response, ApiError> {
    imports::find(&app, kind, &id).await?;
    let rows = imports::error_rows(app, id);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], rows).into_response())
}
