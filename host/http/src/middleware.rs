//! Middleware around all routes: counts and logs requests, and puts the framework's refusals into problem documents.
//!
//! Logs name the route, never the path or a body, which may hold card numbers and ids.

use std::time::Instant;

use app::state::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::ApiError;

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

/// Replaces the framework's own refusal of a path or query that it cannot read by a problem document.
pub async fn refuse_in_problem_documents(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"));
    if ours || response.status() != StatusCode::BAD_REQUEST {
        return response;
    }
    ApiError::MalformedQuery("the path or the query cannot be read; see /docs".to_owned()).into_response()
}
