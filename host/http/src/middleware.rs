//! Middleware around all routes: counts and logs requests, checks ids, adds the headers that browsers keep to, and puts
//! the framework's refusals into problem documents.
//!
//! Logs name the route, never the path or a body, which may hold card numbers and ids.

use std::time::Instant;

use app::state::App;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::id::{self, IdError};

use crate::body::discard;
use crate::error::ApiError;
use crate::query::Query;

/// Counts a request by route and status, and logs it with its time in microseconds.
pub async fn count_and_log(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let status = response.status().as_u16();
    app.metrics.request(route, status);
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if response.status().is_success() {
        tracing::debug!(%method, route, status, micros, "answered");
    } else {
        tracing::info!(%method, route, status, micros, "refused");
    }
    response
}

/// Headers that browsers keep to: what a page may load, that no other site frames it, that a type is not guessed, that
/// addresses, which hold ids, are not told to other sites, and that no cache keeps an answer.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
/// Pages have their styles in themselves and their scripts in files of the host.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Adds the headers that browsers keep to, unless the answer has them.
pub async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let policy = (header::CONTENT_SECURITY_POLICY, if is_page { PAGE_POLICY } else { DATA_POLICY });
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS.into_iter().chain([policy]) {
        headers.entry(name).or_insert(value);
    }
    response
}

/// The most bytes of a refusal of the framework that are passed on.
const REFUSAL_BYTES_MAX: usize = 4 << 10;

/// Replaces the framework's own refusals, which are plain text, by problem documents with that text.
pub async fn refuse_in_problem_documents(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let is_text = media_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    if !status.is_client_error() || !is_text {
        return response;
    }
    let text = axum::body::to_bytes(response.into_body(), REFUSAL_BYTES_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let title = status.canonical_reason().unwrap_or("refused");
    let detail = if text.trim().is_empty() { format!("{title}; see /docs") } else { text.into_owned() };
    ApiError::Framework { status, detail }.into_response()
}

/// Refuses ids in the path that nothing is stored under, and control characters in the query, before they reach
/// a database.
pub async fn check_ids(params: RawPathParams, request: Request, next: Next) -> Result<Response, ApiError> {
    let refused = wrong_id(&params).or_else(|| wrong_query(request.uri()));
    match refused {
        None => Ok(next.run(request).await),
        Some(refused) => {
            discard(request).await;
            Err(refused)
        }
    }
}

fn wrong_id(params: &RawPathParams) -> Option<ApiError> {
    params.iter().find_map(|(name, value)| {
        let error = id::check(value).err()?;
        Some(ApiError::MalformedId { name: name.to_owned(), error })
    })
}

fn wrong_query(uri: &Uri) -> Option<ApiError> {
    let Query(parameters) = Query::<Vec<(String, String)>>::of(uri).ok()?;
    parameters.into_iter().find_map(|(name, value)| match id::check(&value) {
        Err(error @ IdError::ControlCharacter(_)) => Some(ApiError::MalformedId { name, error }),
        _ => None,
    })
}
