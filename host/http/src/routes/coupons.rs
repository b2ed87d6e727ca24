//! Codes of pools: `/v1/coupon-pools/{name}/codes` and `/issue`, `/v1/coupons/{code}`.

use app::coupons::codes::{self, ListFormat};
use app::coupons::pools;
use app::error::Error;
use app::imports::{self, Format, Generate, GenerateCall, ImportCall, ImportKind, Options};
use app::state::App;
use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use store::Import;
use wire::coupon::parse_generate;
use wire::problem::Problems;

use super::attribute_imports::ModeQuery;
use super::imports::{key_of, waits};
use crate::actor::Actor;
use crate::body::{JsonBody, UploadBody, discard, has_media_type, stream};
use crate::choice::choice;
use crate::error::ApiError;
use crate::idempotency::Key;
use crate::query::Query;

/// Add codes to a pool: upload them, or have them generated.
///
/// An upload is CSV (RFC 4180, `Content-Type: text/csv`) with the column `code`, or NDJSON with that name; `member_id`
/// issues a code to a member at once. Rows are checked one by one; bad ones are listed at `…/errors`, and codes that the
/// pool has already are left as they are. Codes compare without regard to capital letters and surrounding spaces, and
/// are unique over all pools.
///
/// As `application/json`, `{"generate":1000,"length":10}` makes codes from a cryptographic source of randomness, of
/// digits and capital letters without those that are mistaken for others. `GET` on the same address lists them.
///
/// Under the same `Idempotency-Key` the same upload or order is taken once. The call waits for a while
/// (`imports.wait_seconds`; not at all with `Prefer: respond-async`) and then answers 202.
#[utoipa::path(
    post, path = "/v1/coupon-pools/{name}/codes", tag = "Integration",
    params(("name" = String, Path, description = "The pool's name"), ModeQuery),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, description = "Every row was looked at, or every code made", body = Object),
        (status = 202, description = "Under way; see `GET /v1/coupon-imports/{id}`", body = Object),
        (status = 404, description = "`unknown_coupon_pool`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`coupon_pool_full`", body = wire::problem::ProblemDocument),
        (status = 422, description = "The file or the order cannot be read; nothing was taken", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn add_coupons(
    State(app): State<App>,
    Path(pool): Path<String>,
    Query(query): Query<ModeQuery>,
    key: Key,
    headers: HeaderMap,
    Actor(actor): Actor,
    request: Request,
) -> Result<Response, ApiError> {
    // Before anything is received.
    if let Err(error) = pools::find(&app, &pool).await {
        discard(request).await;
        return Err(error.into());
    }
    let (waits, is_typed) = (waits(&headers), headers.contains_key(header::CONTENT_TYPE));
    let import = if is_typed && has_media_type(&headers, &["application/json"]) {
        let JsonBody(body) = JsonBody::from_request(request, &app).await?;
        let order = order(&app, &body.value)?;
        let call = GenerateCall { pool, order, key: key_of(key), waits };
        imports::generate(app.clone(), call, actor.sending(body.digest())).await?
    } else {
        let upload = UploadBody::from_request(request, &app).await?;
        let format = if upload.is_csv { Format::Csv } else { Format::Ndjson };
        let options = Options::of_codes(pool, format, query.check_only()?);
        let call = ImportCall { kind: ImportKind::Coupons, options, key: key_of(key), waits };
        imports::import(app.clone(), call, stream(upload.body), actor).await?
    };
    answer(&app, &import).await
}

fn order(app: &App, body: &Value) -> Result<Generate, Error> {
    let limits = &app.config.coupons;
    let refused = |problems: Problems| {
        let what = "the order to generate codes has problems";
        Error::Refused { code: "generate_refused", what, problems }
    };
    let order = parse_generate(body, limits.generate_codes, limits.code_length).map_err(refused)?;
    Ok(Generate { count: order.count, length: order.length })
}

async fn answer(app: &App, import: &Import) -> Result<Response, ApiError> {
    let under_way = import.state == store::ImportState::Running;
    let status = if under_way { StatusCode::ACCEPTED } else { StatusCode::OK };
    let location = format!("{}/{}", ImportKind::Coupons.path(), import.id);
    let document = imports::status(app, import).await?;
    Ok((status, [(header::LOCATION, location)], Json(document)).into_response())
}

/// The format of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// `ndjson` (default) or `csv`.
    format: Option<String>,
}

/// List the codes of a pool.
///
/// NDJSON or CSV, a row a code: `code`, `state`, `member_id`, `purchase_id`, `issued_at`.
#[utoipa::path(
    get, path = "/v1/coupon-pools/{name}/codes", tag = "Integration",
    params(("name" = String, Path, description = "The pool's name"), ListQuery),
    responses(
        (status = 200, description = "All codes", body = String, content_type = "application/x-ndjson"),
        (status = 404, description = "`unknown_coupon_pool`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn list_coupons(
    State(app): State<App>,
    Path(pool): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let formats =
        [("ndjson", (ListFormat::Ndjson, "application/x-ndjson")), ("csv", (ListFormat::Csv, "text/csv"))];
    let (format, media_type) = choice("format", query.format.as_deref(), &formats)?;
    let pool = pools::find(&app, &pool).await?;
    let rows = codes::list(app, pool, format);
    Ok(([(header::CONTENT_TYPE, media_type)], Body::from_stream(rows)).into_response())
}

/// Issue a code of a pool to a member.
///
/// `{"member_id":"m-1"}`. No two calls get the same code; a call that is repeated with its `Idempotency-Key` gets the
/// code that it got. Nobody but that member can use the code.
#[utoipa::path(
    post, path = "/v1/coupon-pools/{name}/issue", tag = "Integration",
    params(("name" = String, Path, description = "The pool's name")),
    request_body(content = Object),
    responses(
        (status = 200, description = "The code", body = Object),
        (status = 404, description = "`unknown_coupon_pool`", body = wire::problem::ProblemDocument),
        (status = 409, description = "`coupon_pool_empty`, `coupon_pool_expired`, `idempotency_key_reused`", body = wire::problem::ProblemDocument),
        (status = 422, description = "The member is missing or unknown", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn issue_coupon(
    State(app): State<App>,
    Path(pool): Path<String>,
    key: Key,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let key = key.optional(&body.text);
    let issued = codes::issue(&app, &pool, &body.value, key).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], issued).into_response())
}

/// Show a code: its pool and offer, its state, the member it was issued to, and the purchase that uses it.
///
/// The state is `created`, `issued`, `reserved` (by a calculation), `used` or `expired`.
#[utoipa::path(
    get, path = "/v1/coupons/{code}", tag = "Integration",
    params(("code" = String, Path, description = "In any spelling that compares equal")),
    responses(
        (status = 200, description = "The code", body = Object),
        (status = 404, description = "`unknown_coupon`: no pool has it", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn get_coupon(
    State(app): State<App>,
    Path(code): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(codes::show(&app, &code).await?))
}
