//! Request bodies: read within their limit, refused in our own words.

pub mod lines;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::Value;

pub use self::lines::Lines;
use crate::audit;
use crate::error::ApiError;
use crate::state::App;
use crate::wire::json;
use crate::wire::problem::{Problem, Problems};

const DISCARDED_BYTES_MAX: usize = 64 << 10;
/// How often a long import says how far it is.
const ROWS_A_NOTE: usize = 10_000;
const WASM: &str = "application/wasm";
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

impl JsonBody {
    /// The digest of what was sent.
    pub fn digest(&self) -> String {
        audit::digest(self.text.as_bytes())
    }
}

/// Rows of JSON, one a line, each read as it arrives; blank lines are no rows but are counted.
#[derive(Debug)]
pub struct RowsBody {
    /// Number from 0, and the row.
    pub rows: Vec<(usize, Value)>,
    /// The digest of what was sent.
    pub digest: String,
}

impl FromRequest<App> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let request = expect_media_type(request, &[JSON]).await?;
        let text = text(request, app, app.config.limits.body_bytes).await?;
        let value = json::parse(&text).map_err(ApiError::MalformedJson)?;
        Ok(Self { text, value })
    }
}

impl FromRequest<App> for RowsBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let request =
            expect_media_type(request, &[NDJSON, "application/ndjson", "application/jsonl", JSON]).await?;
        let mut lines = Lines::new(request.into_body(), app.config.limits.import_bytes);
        let mut rows = Vec::new();
        let mut problems = Vec::new();
        for number in 0_usize.. {
            let Some(line) = lines.next().await? else { break };
            if number > 0 && number.is_multiple_of(ROWS_A_NOTE) {
                tracing::info!(rows = number, "rows read");
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            match json::parse_bytes(&line) {
                Ok(row) => rows.push((number, row)),
                Err(found) => problems.extend(in_row(number, found)),
            }
        }
        if problems.is_empty() {
            Ok(Self { rows, digest: lines.digest() })
        } else {
            Err(ApiError::MalformedJson(Problems(problems)))
        }
    }
}

/// A WebAssembly component, or what somebody takes for one.
#[derive(Debug)]
pub struct WasmBody(pub Vec<u8>);

impl FromRequest<App> for WasmBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let request = expect_media_type(request, &[WASM, "application/octet-stream"]).await?;
        bytes(request, app, app.config.limits.import_bytes).await.map(|bytes| Self(bytes.into()))
    }
}

/// A body that is not read here: rows as CSV or NDJSON, of any size.
#[derive(Debug)]
pub struct UploadBody {
    /// Whether it is CSV.
    pub is_csv: bool,
    /// The body.
    pub body: Body,
}

impl FromRequest<App> for UploadBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let is_csv = request.headers().contains_key(header::CONTENT_TYPE)
            && has_media_type(request.headers(), &["text/csv"]);
        let accepted = [NDJSON, "application/ndjson", "application/jsonl", JSON, "text/csv"];
        let request = expect_media_type(request, &accepted).await?;
        Ok(Self { is_csv, body: request.into_body() })
    }
}

/// Reads a small body that nobody wants. A connection with an unread body cannot carry another
/// request: it is cut, and a till that sends the next receipt on it sees a network error.
pub async fn discard(body: Body) {
    // One that is larger, or breaks off, costs the connection after all.
    let _ = axum::body::to_bytes(body, DISCARDED_BYTES_MAX).await;
}

/// Problems of one row, as problems of the whole body.
pub fn in_row(number: usize, problems: Problems) -> impl Iterator<Item = Problem> {
    problems
        .0
        .into_iter()
        .map(move |problem| Problem { pointer: format!("/{number}{}", problem.pointer), ..problem })
}

/// A body without a type is taken for what the address expects, which is the first one.
async fn expect_media_type(request: Request, expected: &[&'static str]) -> Result<Request, ApiError> {
    if has_media_type(request.headers(), expected) {
        return Ok(request);
    }
    discard(request.into_body()).await;
    Err(ApiError::UnsupportedMediaType(expected.first().copied().unwrap_or(JSON)))
}

pub(crate) fn has_media_type(headers: &HeaderMap, expected: &[&str]) -> bool {
    let Some(sent) = headers.get(header::CONTENT_TYPE) else { return true };
    let sent = sent.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    expected.iter().any(|expected| sent.eq_ignore_ascii_case(expected))
}

async fn bytes(request: Request, app: &App, limit_bytes: usize) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, app).await.map_err(|rejected| {
        if rejected.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            return ApiError::BodyTooLarge { limit_bytes };
        }
        ApiError::MalformedJson(Problems::of_document("incomplete", "the body ended early"))
    })
}

async fn text(request: Request, app: &App, limit_bytes: usize) -> Result<String, ApiError> {
    let bytes = bytes(request, app, limit_bytes).await?;
    String::from_utf8(bytes.into()).map_err(|error| {
        ApiError::MalformedJson(Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))
    })
}
