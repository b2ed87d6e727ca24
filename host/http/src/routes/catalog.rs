//! `/v1/catalog/imports`: products, categories, groups, classes and points of sale.

use std::collections::BTreeMap;

use app::changes::{catalog, to_the_end};
use app::state::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use wire::problem::Problem;

use super::imports::{ImportQuery, mode_name};
use crate::actor::Actor;
use crate::body::RowsBody;
use crate::error::ApiError;
use crate::query::Query;

/// The result of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CatalogImported {
    /// The revision that it made.
    revision: i64,
    mode: &'static str,
    /// Rows by type.
    counts: BTreeMap<String, usize>,
    /// Always empty: an import with errors is refused whole.
    errors: Vec<Problem>,
    /// Oddities that do not prevent the import.
    warnings: Vec<Problem>,
}

/// Import catalogue rows.
///
/// NDJSON, a row a line: `{"type":"product|category|group|class|pos", …}`. Validated whole together
/// with what is stored and the offers that are live, then activated at once, or not at all.
#[utoipa::path(
    post, path = "/v1/catalog/imports", tag = "Integration",
    params(ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "All rows are live", body = CatalogImported),
        (status = 422, description = "Nothing was taken; every problem with its row", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn import_catalog(
    State(app): State<App>,
    Query(query): Query<ImportQuery>,
    Actor(actor): Actor,
    RowsBody(body): RowsBody,
) -> Result<Json<CatalogImported>, ApiError> {
    let mode = query.mode()?;
    let rows = catalog::read(&app, body).await?;
    let imported = to_the_end(catalog::import(app, mode, rows, actor)).await?;
    Ok(Json(CatalogImported {
        revision: imported.revision,
        mode: mode_name(mode),
        counts: imported.counts,
        errors: Vec::new(),
        warnings: imported.warnings,
    }))
}
