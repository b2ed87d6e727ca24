//! How far an import is, and what to do with it; the same for members and for attributes.

use app::imports::{self, ImportKind};
use app::state::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::body::discard;
use crate::error::ApiError;

/// Imports that are listed.
const LISTED: i64 = 100;

/// Declares the calls of one kind of import. Their addresses are written out, as the API document has
/// them.
macro_rules! steps {
    ($module:ident, $kind:ident, $list:literal, $one:literal, $errors:literal,
     $suspend:literal, $resume:literal, $cancel:literal) => {
        pub(super) mod $module {
            use super::*;

            const KIND: ImportKind = ImportKind::$kind;

            /// The latest imports.
            ///
            /// Newest first.
            #[utoipa::path(
                get, path = $list, tag = "Integration", operation_id = concat!("list_", stringify!($module), "_imports"),
                responses((status = 200, description = "As they are now", body = Object)),
                security(("key" = [])),
            )]
            pub(in super::super) async fn list(State(app): State<App>) -> Result<Json<Value>, ApiError> {
                super::list(&app, KIND).await
            }

            /// How far an import is.
            ///
            /// Rows and bytes done and in all, what was changed, and the first problems.
            #[utoipa::path(
                get, path = $one, tag = "Integration", operation_id = concat!("get_", stringify!($module), "_import"),
                params(("id" = String, Path, description = "Of the import")),
                responses(
                    (status = 200, description = "As it is now", body = Object),
                    (status = 404, description = "There is no such import", body = wire::problem::ProblemDocument),
                ),
                security(("key" = [])),
            )]
            pub(in super::super) async fn one(
                State(app): State<App>,
                Path(id): Path<String>,
            ) -> Result<Json<Value>, ApiError> {
                let import = imports::find(&app, KIND, &id).await?;
                Ok(Json(imports::status(&app, &import).await?))
            }

            /// What was wrong with the rows of an import.
            ///
            /// NDJSON, a row a problem: row and line of the file from 1, severity, JSON pointer (rows
            /// from 0), code, detail.
            #[utoipa::path(
                get, path = $errors, tag = "Integration",
                operation_id = concat!("get_", stringify!($module), "_import_errors"),
                params(("id" = String, Path, description = "Of the import")),
                responses(
                    (status = 200, description = "All problems", body = String, content_type = "application/x-ndjson"),
                    (status = 404, description = "There is no such import", body = wire::problem::ProblemDocument),
                ),
                security(("key" = [])),
            )]
            pub(in super::super) async fn errors(
                State(app): State<App>,
                Path(id): Path<String>,
            ) -> Result<Response, ApiError> {
                super::errors(app, KIND, id).await
            }

            steps!(step $module, suspend, "suspend_", $suspend, " Let an import wait after the rows at hand.");
            steps!(step $module, resume, "resume_", $resume, " Go on with an import that was suspended.");
            steps!(step $module, cancel, "cancel_", $cancel, " Give an import up; what was applied stays.");
        }
    };
    (step $module:ident, $step:ident, $verb:literal, $path:literal, $summary:literal) => {
        #[doc = $summary]
        ///
        /// The same again changes nothing.
        #[utoipa::path(
            post, path = $path, tag = "Integration",
            operation_id = concat!($verb, stringify!($module), "_import"),
            params(("id" = String, Path, description = "Of the import")),
            responses(
                (status = 200, description = "As it is now", body = Object),
                (status = 404, description = "There is no such import", body = wire::problem::ProblemDocument),
                (status = 409, description = "It is not in that state", body = wire::problem::ProblemDocument),
            ),
            security(("key" = [])),
        )]
        pub(in super::super) async fn $step(
            State(app): State<App>,
            Path(id): Path<String>,
            Actor(actor): Actor,
            request: Request,
        ) -> Result<Json<Value>, ApiError> {
            discard(request.into_body()).await;
            let import = imports::$step(&app, KIND, &id, actor).await?;
            Ok(Json(imports::status(&app, &import).await?))
        }
    };
}

steps!(
    attributes,
    Attributes,
    "/v1/attributes/imports",
    "/v1/attributes/imports/{id}",
    "/v1/attributes/imports/{id}/errors",
    "/v1/attributes/imports/{id}/suspend",
    "/v1/attributes/imports/{id}/resume",
    "/v1/attributes/imports/{id}/cancel"
);

steps!(
    members,
    Members,
    "/v1/members/imports",
    "/v1/members/imports/{id}",
    "/v1/members/imports/{id}/errors",
    "/v1/members/imports/{id}/suspend",
    "/v1/members/imports/{id}/resume",
    "/v1/members/imports/{id}/cancel"
);

async fn list(app: &App, kind: ImportKind) -> Result<Json<Value>, ApiError> {
    let mut imports = Vec::new();
    for import in app.store.imports(kind.name(), LISTED).await? {
        imports.push(imports::status(app, &import).await?);
    }
    Ok(Json(json!({"imports": imports})))
}

async fn errors(app: App, kind: ImportKind, id: String) -> Result<Response, ApiError> {
    imports::find(&app, kind, &id).await?;
    let rows = imports::error_rows(app, id);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(rows)).into_response())
}
