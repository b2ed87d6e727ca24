use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::shapes::{ImportQuery, mode_name, places};
use crate::body::RowsBody;
use crate::changes::{members, to_the_end};
use crate::error::{ApiError, ProblemPlace};
use crate::state::App;

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MembersImported {
    /// The revision that it made.
    revision: i64,
    mode: &'static str,
    /// How many members it named.
    members: usize,
    /// None: an import with errors is refused whole.
    errors: Vec<ProblemPlace>,
    /// What is odd, but not in the way.
    warnings: Vec<ProblemPlace>,
}

/// Import members.
///
/// NDJSON, a row a member, which replaces what was known of the member. All of them, or none.
#[utoipa::path(
    post, path = "/v1/members/imports", tag = "Integration",
    params(ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "All members are stored", body = MembersImported),
        (status = 422, description = "Nothing was taken; every problem with its row", body = crate::error::ProblemBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn import_members(
    State(app): State<App>,
    Query(query): Query<ImportQuery>,
    body: RowsBody,
) -> Result<Json<MembersImported>, ApiError> {
    let mode = query.mode()?;
    let imported = to_the_end(members::import(app, mode, body)).await?;
    Ok(Json(MembersImported {
        revision: imported.revision,
        mode: mode_name(mode),
        members: imported.members,
        errors: Vec::new(),
        warnings: places(&imported.warnings),
    }))
}
