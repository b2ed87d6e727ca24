//! `/v1/audiences/{name}/members`: uploads of members.

use app::changes::audiences::upload::{self, UploadedMembers};
use app::changes::to_the_end;
use app::state::App;
use app::stream::Lines;
use axum::Json;
use axum::extract::{FromRequest as _, Path, Request, State};
use serde::{Deserialize, Serialize};
use store::ListEffect;
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::actor::Actor;
use crate::body::{JsonBody, discard, has_media_type, stream};
use crate::choice::choice;
use crate::error::ApiError;
use crate::query::Query;

/// The effect of the rows, and what a bad row does.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadQuery {
    /// `add` (default), `remove`, or `replace`: these rows are all members there are.
    mode: Option<String>,
    /// `refuse` (default): nothing is taken if a row has a problem; `skip`: the other rows are.
    on_error: Option<String>,
}

impl UploadQuery {
    fn effect(&self) -> Result<ListEffect, ApiError> {
        let effects =
            [("add", ListEffect::Add), ("remove", ListEffect::Remove), ("replace", ListEffect::Replace)];
        choice("mode", self.mode.as_deref(), &effects)
    }

    fn skips(&self) -> Result<bool, ApiError> {
        choice("on_error", self.on_error.as_deref(), &[("refuse", false), ("skip", true)])
    }
}

/// The result of an upload.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MembersUploaded {
    name: String,
    /// The revision that it made.
    revision: i64,
    /// How many rows there were.
    rows: usize,
    /// How many of them were skipped.
    skipped: usize,
    /// How many members were put into the audience, afterwards.
    size: i64,
    /// The first problems of rows that were skipped.
    errors: Vec<Problem>,
}

impl MembersUploaded {
    fn new(name: String, uploaded: UploadedMembers) -> Self {
        Self {
            name,
            revision: uploaded.revision,
            rows: uploaded.rows,
            skipped: uploaded.skipped.rows,
            size: uploaded.size,
            errors: uploaded.skipped.problems.listed(),
        }
    }
}

/// Upload members of an audience.
///
/// NDJSON, a row a member: `{"member":"m-1"}`, or `{"kind":"card","value":"77"}` by an identifier. Rows are
/// streamed and may be millions; a replacement is in effect at once, for all of its members. Or, as
/// `application/json`, one document `{"add":["m-1"],"remove":["m-2"]}` or `{"members":[…]}`, which
/// replaces. A member whose own row names the audience stays in it in any case.
#[utoipa::path(
    post, path = "/v1/audiences/{name}/members", tag = "Integration",
    params(("name" = String, Path, description = "The audience's name"), UploadQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "In effect", body = MembersUploaded),
        (status = 404, description = "`unknown_audience`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`audience_is_computed`", body = wire::problem::ProblemDocument),
        (status = 422, description = "Nothing was taken; the problems with their rows", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn upload_audience_members(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<UploadQuery>,
    Actor(actor): Actor,
    request: Request,
) -> Result<Json<MembersUploaded>, ApiError> {
    let (effect, skips) = match (query.effect(), query.skips()) {
        (Ok(effect), Ok(skips)) => (effect, skips),
        (Err(error), _) | (_, Err(error)) => {
            discard(request).await;
            return Err(error);
        }
    };
    let is_typed = request.headers().contains_key(axum::http::header::CONTENT_TYPE);
    let uploaded = if is_typed && has_media_type(request.headers(), &["application/json"]) {
        let JsonBody(body) = JsonBody::from_request(request, &app).await?;
        let actor = actor.sending(body.digest());
        to_the_end(upload::document(app, name.clone(), skips, body.value, actor)).await?
    } else if has_media_type(
        request.headers(),
        &["application/x-ndjson", "application/ndjson", "application/jsonl"],
    ) {
        let limits = &app.config.limits;
        let lines = Lines::new(stream(request.into_body()), limits.import_bytes, limits.row_bytes);
        to_the_end(upload::rows(app, name.clone(), effect, skips, lines, actor)).await?
    } else {
        discard(request).await;
        return Err(ApiError::UnsupportedMediaType("application/x-ndjson"));
    };
    Ok(Json(MembersUploaded::new(name, uploaded)))
}
