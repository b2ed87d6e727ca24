//! Request bodies: read whole within their limit, refused in our own words.

use std::collections::VecDeque;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::Value;

use crate::error::ApiError;
use crate::state::App;
use crate::wire::json;
use crate::wire::problem::{Problem, Problems};

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// One JSON document.
#[derive(Debug)]
pub struct JsonBody {
    /// As it was sent.
    pub text: String,
    /// As it was understood.
    pub value: Value,
}

/// Rows of JSON, one a line; blank lines are no rows but are counted.
#[derive(Debug)]
pub struct RowsBody {
    /// Number from 0, and the row.
    pub rows: VecDeque<(usize, Value)>,
}

impl FromRequest<App> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        check_media_type(request.headers(), JSON, &[JSON])?;
        let text = text(request, app, app.config.limits.body_bytes).await?;
        let value = json::parse(&text).map_err(ApiError::MalformedJson)?;
        Ok(Self { text, value })
    }
}

impl FromRequest<App> for RowsBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        check_media_type(
            request.headers(),
            NDJSON,
            &[NDJSON, "application/ndjson", "application/jsonl", JSON],
        )?;
        let text = text(request, app, app.config.limits.import_bytes).await?;
        let mut rows = VecDeque::new();
        let mut problems = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match json::parse(line) {
                Ok(row) => rows.push_back((number, row)),
                Err(found) => problems.extend(in_row(number, found)),
            }
        }
        if problems.is_empty() { Ok(Self { rows }) } else { Err(ApiError::MalformedJson(Problems(problems))) }
    }
}

/// Problems of one row, as problems of the whole body.
pub fn in_row(number: usize, problems: Problems) -> impl Iterator<Item = Problem> {
    problems
        .0
        .into_iter()
        .map(move |problem| Problem { pointer: format!("/{number}{}", problem.pointer), ..problem })
}

/// A body without a type is taken for what the address expects.
fn check_media_type(headers: &HeaderMap, name: &'static str, known: &[&str]) -> Result<(), ApiError> {
    let Some(sent) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let sent = sent.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let expected = known.iter().any(|known| sent.eq_ignore_ascii_case(known));
    if expected { Ok(()) } else { Err(ApiError::UnsupportedMediaType(name)) }
}

async fn text(request: Request, app: &App, limit_bytes: usize) -> Result<String, ApiError> {
    let bytes = Bytes::from_request(request, app).await.map_err(|rejected| {
        if rejected.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            return ApiError::BodyTooLarge { limit_bytes };
        }
        ApiError::MalformedJson(Problems::of_document("incomplete", "the body ended early"))
    })?;
    String::from_utf8(bytes.into()).map_err(|error| {
        ApiError::MalformedJson(Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))
    })
}
