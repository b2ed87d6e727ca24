//! `/v1/members/imports` and `/v1/attributes/imports`: state and control of imports, alike for both kinds; and what
//! all imports share. The uploads themselves are in `member_imports` and `attribute_imports`.

use app::imports::{self, ImportKind};
use app::state::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use store::ImportMode;

use crate::actor::Actor;
use crate::body::NoBody;
use crate::choice::choice;
use crate::error::ApiError;
use crate::idempotency::Key;

/// The mode of an import of catalogue or members, for rows that it does not name.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// `delta` (default) keeps them, `full` removes them.
    pub(super) mode: Option<String>,
}

impl ImportQuery {
    pub(super) fn mode(&self) -> Result<ImportMode, ApiError> {
        let modes = [("delta", ImportMode::Delta), ("full", ImportMode::Full)];
        choice("mode", self.mode.as_deref(), &modes)
    }
}

pub(super) fn mode_name(mode: ImportMode) -> &'static str {
    match mode {
        ImportMode::Full => "full",
        ImportMode::Delta => "delta",
    }
}

/// Digest of the API key and idempotency key of an upload, which together name it.
pub(super) fn key_of(key: Key) -> Option<(String, String)> {
    key.optional("").map(|key| (key.caller, key.key))
}

/// False if the caller prefers not to wait for the end of the import (`Prefer: respond-async`, RFC 7240).
pub(super) fn waits(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    !preferences.flat_map(|value| value.split(',')).any(|one| one.trim() == "respond-async")
}

/// The most imports that a list has.
const LISTED: i64 = 100;

/// Declares the handlers for one kind of import. Their addresses are written out, because `#[utoipa::path]` takes
/// literals only.
macro_rules! import_routes {
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

            /// The problems of the rows of an import.
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

            import_routes!(control $module, suspend, "suspend_", $suspend, " Let an import wait after the rows at hand.");
            import_routes!(control $module, resume, "resume_", $resume, " Go on with an import that was suspended or has failed.");
            import_routes!(control $module, cancel, "cancel_", $cancel, " Give an import up; what was applied stays.");
        }
    };
    (control $module:ident, $verb_fn:ident, $verb:literal, $path:literal, $summary:literal) => {
        #[doc = $summary]
        ///
        /// A repeated call changes nothing.
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
        pub(in super::super) async fn $verb_fn(
            State(app): State<App>,
            Path(id): Path<String>,
            Actor(actor): Actor,
            _: NoBody,
        ) -> Result<Json<Value>, ApiError> {
            let import = imports::$verb_fn(&app, KIND, &id, actor).await?;
            Ok(Json(imports::status(&app, &import).await?))
        }
    };
}

import_routes!(
    attributes,
    Attributes,
    "/v1/attributes/imports",
    "/v1/attributes/imports/{id}",
    "/v1/attributes/imports/{id}/errors",
    "/v1/attributes/imports/{id}/suspend",
    "/v1/attributes/imports/{id}/resume",
    "/v1/attributes/imports/{id}/cancel"
);

import_routes!(
    coupons,
    Coupons,
    "/v1/coupon-imports",
    "/v1/coupon-imports/{id}",
    "/v1/coupon-imports/{id}/errors",
    "/v1/coupon-imports/{id}/suspend",
    "/v1/coupon-imports/{id}/resume",
    "/v1/coupon-imports/{id}/cancel"
);

import_routes!(
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
