//! Common parts of pages for members: `/u`, `/s`, and the page in place of one that is not there. They need no
//! script, load nothing, and speak the reader's language.

mod words;

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};

pub(super) use self::words::Words;
use crate::error::ApiError;

/// The pages send a form to where they came from, load nothing, and are kept by nobody.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// A page without questions.
#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    language: &'a str,
    title: &'a str,
    text: &'a str,
}

/// An answer with a page.
pub(super) fn page(status: StatusCode, page: &impl Template) -> Result<Response, ApiError> {
    let html = page.render().map_err(|error| ApiError::internal(&error))?;
    Ok((status, HEADERS, Html(html)).into_response())
}

/// A page that says something.
pub(super) fn notice(
    status: StatusCode,
    words: &Words,
    title: &str,
    text: &str,
) -> Result<Response, ApiError> {
    page(status, &Notice { language: words.language, title, text })
}

/// The words of the language that the reader's browser asks for.
pub(super) fn words(headers: &HeaderMap) -> &'static Words {
    Words::accepted(text(headers, &header::ACCEPT_LANGUAGE))
}

/// Answers people, who ask for HTML, with a page in place of a problem document. The status stays.
pub(super) async fn tell_people(request: Request, next: Next) -> Response {
    let is_person = text(request.headers(), &header::ACCEPT).to_ascii_lowercase().contains("text/html");
    let words = words(request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let is_page = media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if !is_person || is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (title, text) = if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
        (words.gone, words.gone_text)
    } else {
        (words.failed, words.failed_text)
    };
    notice(status, words, title, text).unwrap_or(response)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
