//! `/t`, `/o`, `/u`: links in messages, the picture that tells of opening, and the page that ends messages.

use app::communications::tracking::{self, Ending, Followed, Visit};
use app::error::Error;
use app::state::App;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::people::{self, Words};
use crate::error::ApiError;

/// A picture of one pixel that is not seen (GIF89a).
const PICTURE: &[u8] = &[
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1,
    0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
];
/// The most bytes of a form.
const FORM_MAX: usize = 4_096;

/// Follow a link of a message.
///
/// Leads to where the message's sender said; the address holds no destination. `HEAD` does not count as a click, and neither
/// do programs that are known by what they do.
#[utoipa::path(
    get, path = "/t/{token}", tag = "Communications",
    params(("token" = String, Path, description = "The token of the link")),
    responses(
        (status = 302, description = "Goes on to the destination"),
        (status = 204, description = "A link that people do not see"),
        (status = 404, description = "`unknown_link`; a page for those who ask for HTML", body = wire::problem::ProblemDocument),
    ),
)]
pub(in crate::routes) async fn follow_link(
    State(app): State<App>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    match tracking::follow(&app, &token, &visit(&method, &headers)).await? {
        Followed::Nowhere => Ok(StatusCode::NO_CONTENT.into_response()),
        Followed::To(url) => {
            let location = HeaderValue::try_from(&url).map_err(|_| Error::damaged("address of a link"))?;
            Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
        }
    }
}

/// Show the picture that tells that a mail was opened.
///
/// Always a picture, also for a token that is not known.
#[utoipa::path(
    get, path = "/o/{token}", tag = "Communications",
    params(("token" = String, Path, description = "The token of the picture")),
    responses((status = 200, description = "One pixel", content_type = "image/gif")),
)]
pub(in crate::routes) async fn open_picture(
    State(app): State<App>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    tracking::opened(&app, &token, &visit(&method, &headers)).await?;
    let kept = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/gif")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((kept, PICTURE).into_response())
}

/// Show the page that ends messages.
///
/// Looking at it changes nothing: scanners open every address of a mail.
#[utoipa::path(
    get, path = "/u/{token}", tag = "Communications",
    params(("token" = String, Path, description = "The token of the page")),
    responses(
        (status = 200, description = "A page with a form", content_type = "text/html"),
        (status = 404, description = "`unknown_link`; a page for those who ask for HTML", body = wire::problem::ProblemDocument),
    ),
)]
pub(in crate::routes) async fn unsubscribe_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let ending = tracking::ending(&app, &token).await?;
    page(&headers, &ending, false)
}

/// End messages.
///
/// The form of the page, or the one click of RFC 8058 (`List-Unsubscribe=One-Click`), which comes without cookies and is
/// answered without a redirect. Ends messages of this topic on this channel; with `all=on`, all on this channel. Doing it
/// again changes nothing.
#[utoipa::path(
    post, path = "/u/{token}", tag = "Communications",
    params(("token" = String, Path, description = "The token of the page")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Done", content_type = "text/html"),
        (status = 404, description = "`unknown_link`; a page for those who ask for HTML", body = wire::problem::ProblemDocument),
    ),
)]
pub(in crate::routes) async fn unsubscribe(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let form = body.get(..FORM_MAX.min(body.len())).unwrap_or_default();
    let all = form.split(|byte| *byte == b'&').any(|field| field == b"all=on");
    let ending = tracking::end(&app, &token, all).await?;
    page(&headers, &ending, true)
}

fn visit(method: &Method, headers: &HeaderMap) -> Visit {
    let program = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Visit { is_head: method == Method::HEAD, address: None, program: program.unwrap_or_default().to_owned() }
}

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Page<'a> {
    language: &'a str,
    words: &'a Words,
    /// The topic; empty for all.
    topic: &'a str,
    is_done: bool,
}

fn page(headers: &HeaderMap, ending: &Ending, is_done: bool) -> Result<Response, ApiError> {
    let words = people::words(headers);
    // A star stands for all topics.
    let topic = if ending.topic == "*" { "" } else { &ending.topic };
    people::page(StatusCode::OK, &Page { language: words.language, words, topic, is_done })
}
