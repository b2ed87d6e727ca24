//! `/v1/collect` and `/collect.js`: what visitors of a site do, as its pages tell it. Without a key: a site is known by its
//! public key and the addresses of its pages.

use app::communications::collect::{self, Taken};
use app::config::collect::Site;
use app::state::App;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::problem::Problem;

use crate::body::{discard, stream};
use crate::error::ApiError;
use crate::query::Query;

/// What pages load.
const SCRIPT: &str = include_str!("../../../templates/collect.js");
/// Seconds for which a browser keeps the script, and the answer whether it may call.
const KEPT_SECONDS: &str = "3600";

/// Which site tells.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct CollectQuery {
    /// The public key of the site, as `collect.sites` has it.
    site: String,
}

/// What became of the events.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct Collected {
    /// How many were sent.
    events: usize,
    /// How many of them are new.
    taken: usize,
    /// Tokens that say nothing, as `token_refused`: the visitor stays who it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
}

/// Tell what a visitor of a site does.
///
/// For pages, which use `/collect.js`; no key, but the site's public key and a page at one of its addresses. NDJSON as plain
/// text, a row an event: `{"id":"1","visitor":"b2c4…","kind":"product_viewed","ago":250,"payload":{"product":"G4"}}`. `visitor`
/// is a random name of the browser, `ago` how many milliseconds ago it was. Kinds: `page_viewed` (`url`, `title`,
/// `referrer`), `product_viewed` (`product`), `section_viewed` (`section`), `cart_changed` (`items`, each with `product` and
/// `quantity`), and `signed_in`, with the `token` of a member instead of a payload: what the visitor did and does is that
/// member's from then on. What was another member's stays that one's. Each event counts once by visitor and `id`.
#[utoipa::path(
    post, path = "/v1/collect", tag = "Communications",
    params(CollectQuery),
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "All are taken", body = Collected),
        (status = 403, description = "`origin_not_allowed`: the page is at an address that is not the site's", body = wire::problem::ProblemDocument),
        (status = 404, description = "`unknown_site`", body = wire::problem::ProblemDocument),
        (status = 413, description = "`body_too_large`", body = wire::problem::ProblemDocument),
        (status = 422, description = "`events_refused`: nothing was taken; the problems with their rows, such as `malformed_visitor`, `unknown_value`", body = wire::problem::ProblemDocument),
        (status = 429, description = "`too_many_events` of the site or the visitor: send them again later", body = wire::problem::ProblemDocument),
    ),
)]
pub(in crate::routes) async fn collect_events(
    State(app): State<App>,
    Query(query): Query<CollectQuery>,
    request: Request,
) -> Response {
    let origin = origin(request.headers());
    let site = match collect::site(&app, &query.site, origin.as_deref()) {
        Ok(site) => site,
        Err(error) => {
            discard(request).await;
            return ApiError::from(error).into_response();
        }
    };
    let answer = match collect::take(&app, &site, stream(request.into_body())).await {
        Ok(Taken { events, taken, problems }) => Json(Collected { events, taken, problems }).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    };
    readable(answer, &site, origin)
}

/// What a browser asks before a page of another address calls.
#[utoipa::path(
    options, path = "/v1/collect", tag = "Communications",
    params(CollectQuery),
    responses(
        (status = 204, description = "The page may call"),
        (status = 403, description = "`origin_not_allowed`", body = wire::problem::ProblemDocument),
        (status = 404, description = "`unknown_site`", body = wire::problem::ProblemDocument),
    ),
)]
pub(in crate::routes) async fn may_collect(
    State(app): State<App>,
    Query(query): Query<CollectQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let origin = origin(&headers);
    let site = collect::site(&app, &query.site, origin.as_deref())?;
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
        (header::ACCESS_CONTROL_MAX_AGE, KEPT_SECONDS),
    ];
    Ok(readable((StatusCode::NO_CONTENT, allowed).into_response(), &site, origin))
}

/// The script that pages load.
///
/// `<script src="HOST/collect.js" data-site="KEY" async></script>` tells each page that is viewed, unless it has
/// `data-manual`. `offerHost.track("product_viewed", {product: "G4"})` tells the rest, `offerHost.signIn(token)` who the
/// visitor is, `offerHost.signOut()` that it is somebody else from now on.
#[utoipa::path(
    get, path = "/collect.js", tag = "Communications",
    responses((status = 200, description = "The script", body = String, content_type = "text/javascript")),
)]
pub(in crate::routes) async fn collect_script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, SCRIPT).into_response()
}

/// Where the page is that calls, as the browser tells it.
fn origin(headers: &HeaderMap) -> Option<String> {
    headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_owned)
}

/// Lets a page of the site read the answer. Cookies play no part.
fn readable(mut answer: Response, site: &Site, origin: Option<String>) -> Response {
    let allowed = origin.filter(|origin| site.origins.contains(origin));
    if let Some(origin) = allowed.and_then(|origin| HeaderValue::try_from(origin).ok()) {
        answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    answer
}
