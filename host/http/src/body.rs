//! Extractors of request bodies: read within their limit, refused with a problem document.

use std::convert::Infallible;
use std::io;

use app::changes::mechanics;
use app::error::Error;
use app::state::App;
use app::stream::{ByteStream, ended_early};
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use futures_util::TryStreamExt as _;
use wire::json::Document;
use wire::problem::Problems;

use crate::error::ApiError;

/// The most bytes of an unwanted body that are read.
const DISCARDED_BYTES_MAX: usize = 64 << 10;
const WASM: &str = "application/wasm";
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// One JSON document.
#[derive(Debug)]
pub struct JsonBody(pub Document);

/// Rows of JSON, one a line, not read yet.
pub struct RowsBody(pub ByteStream);

/// The most bytes of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// The most bytes of a document.
    pub document_bytes: usize,
    /// The most bytes of memory that the values of a document take.
    pub document_memory_bytes: usize,
    /// The most bytes of an import or a component.
    pub import_bytes: usize,
}

impl FromRef<App> for BodyLimits {
    fn from_ref(app: &App) -> Self {
        let limits = &app.config.limits;
        Self {
            document_bytes: limits.body_bytes,
            document_memory_bytes: limits.document_memory_bytes,
            import_bytes: limits.import_bytes,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody
where
    BodyLimits: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let request = expect_media_type(request, &[JSON]).await?;
        let limits = BodyLimits::from_ref(state);
        let text = text(request, limits.document_bytes).await?;
        Ok(Self(Document::parse(text, limits.document_memory_bytes).map_err(Error::of_json)?))
    }
}

/// One JSON document with what may be said beside the call itself. No body is the same as `{}`.
#[derive(Debug)]
pub struct OptionsBody(pub Document);

impl<S: Send + Sync> FromRequest<S> for OptionsBody
where
    BodyLimits: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.body().is_end_stream() {
            let memory_bytes = BodyLimits::from_ref(state).document_memory_bytes;
            return Ok(Self(Document::parse("{}".into(), memory_bytes).map_err(Error::of_json)?));
        }
        JsonBody::from_request(request, state).await.map(|JsonBody(document)| Self(document))
    }
}

impl<S: Send + Sync> FromRequest<S> for RowsBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let request =
            expect_media_type(request, &[NDJSON, "application/ndjson", "application/jsonl", JSON]).await?;
        Ok(Self(stream(request.into_body())))
    }
}

/// The bytes of an uploaded component, not yet checked.
#[derive(Debug)]
pub struct WasmBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for WasmBody
where
    BodyLimits: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let request = expect_media_type(request, &[WASM, "application/octet-stream"]).await?;
        component(request, BodyLimits::from_ref(state).import_bytes).await.map(Self)
    }
}

/// The bytes of a component, held once. Those of a file that is too large for every class are counted, not kept.
async fn component(request: Request, limit_bytes: usize) -> Result<Bytes, ApiError> {
    let most = mechanics::file_bytes_max();
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok()).unwrap_or(most);
    if announced > limit_bytes {
        discard(request).await;
        return Err(Error::BodyTooLarge { limit_bytes }.into());
    }
    let mut file = Vec::with_capacity(announced.min(most));
    let mut received = 0_usize;
    let mut body = stream(request.into_body());
    while let Some(piece) = body.try_next().await.map_err(|_| ended_early())? {
        received = received.saturating_add(piece.len());
        if received > limit_bytes {
            return Err(Error::BodyTooLarge { limit_bytes }.into());
        }
        if received <= most {
            file.extend_from_slice(&piece);
        } else {
            file = Vec::new();
        }
    }
    if received > most {
        return Err(mechanics::too_large(received).into());
    }
    Ok(file.into())
}

/// A body that the handler reads as a stream: rows as CSV or NDJSON, of any size.
#[derive(Debug)]
pub struct UploadBody {
    /// True for CSV, false for NDJSON.
    pub is_csv: bool,
    /// The unread body.
    pub body: Body,
}

impl<S: Send + Sync> FromRequest<S> for UploadBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let is_csv = request.headers().contains_key(header::CONTENT_TYPE)
            && has_media_type(request.headers(), &["text/csv"]);
        let accepted = [NDJSON, "application/ndjson", "application/jsonl", JSON, "text/csv"];
        let request = expect_media_type(request, &accepted).await?;
        Ok(Self { is_csv, body: request.into_body() })
    }
}

/// Text of any media type.
#[derive(Debug)]
pub struct TextBody(pub String);

impl<S: Send + Sync> FromRequest<S> for TextBody
where
    BodyLimits: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        text(request, BodyLimits::from_ref(state).document_bytes).await.map(Self)
    }
}

/// For calls without a body: one that is sent all the same is [discarded](discard).
#[derive(Debug)]
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        discard(request).await;
        Ok(Self)
    }
}

/// Reads a body that is of no use and forgets it. A connection with an unread body cannot carry another request: it is
/// cut, and a till that sends the next receipt on it sees a network error.
pub async fn discard(request: Request) {
    // A client that waits for `100 Continue` gets the answer instead, and sends no body.
    if asks_before_sending(request.headers()) {
        return;
    }
    // A larger body, or one that breaks off, costs the connection after all.
    let _ = axum::body::to_bytes(request.into_body(), DISCARDED_BYTES_MAX).await;
}

/// True if the caller waits for a word of the host before it sends the body.
fn asks_before_sending(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// A body as a stream of bytes.
pub fn stream(body: Body) -> ByteStream {
    Box::pin(body.into_data_stream().map_err(io::Error::other))
}

/// Refuses a body of another media type than the expected ones. A body without a type is taken for the first of them.
async fn expect_media_type(request: Request, expected: &[&'static str]) -> Result<Request, ApiError> {
    if has_media_type(request.headers(), expected) {
        return Ok(request);
    }
    discard(request).await;
    Err(ApiError::UnsupportedMediaType(expected.first().copied().unwrap_or(JSON)))
}

/// True if the body has one of the media types, or none is named.
pub(crate) fn has_media_type(headers: &HeaderMap, expected: &[&str]) -> bool {
    let Some(sent) = headers.get(header::CONTENT_TYPE) else { return true };
    let sent = sent.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    expected.iter().any(|expected| sent.eq_ignore_ascii_case(expected))
}

async fn bytes(request: Request, limit_bytes: usize) -> Result<Bytes, ApiError> {
    let read = Bytes::from_request(request, &()).await;
    Ok(read.map_err(|rejected| {
        if rejected.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Error::BodyTooLarge { limit_bytes };
        }
        ended_early()
    })?)
}

async fn text(request: Request, limit_bytes: usize) -> Result<String, ApiError> {
    let bytes = bytes(request, limit_bytes).await?;
    Ok(String::from_utf8(bytes.into()).map_err(|error| {
        Error::MalformedJson(Problems::of_document("not_utf8", format!("is not UTF-8: {error}")))
    })?)
}
