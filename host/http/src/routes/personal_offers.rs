//! `/v1/members/{member_id}/offers` and `/v1/offers/public`: the offers that apps and personal accounts show.

use app::changes::to_the_end;
use app::keys::Caller;
use app::personal_offers::{self, Asked, Query as Parameters};
use app::state::App;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;

use crate::body::NoBody;
use crate::error::ApiError;
use crate::query::Query;

/// The part of a list that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// A till, store or brand: offers that hold there, or somewhere below it.
    pos: Option<String>,
    /// A time with offset: offers and items that hold then. Without it those that hold now or will.
    active_at: Option<String>,
    /// Offers that this channel shows, as their `promo.channels` says.
    channel: Option<String>,
    /// Language of texts, as `ru` or `pt-BR`; that of the settings if absent.
    locale: Option<String>,
    /// Time zone of dates, as `Europe/Moscow`; if absent the member's attribute `time_zone`, then that of `pos`.
    time_zone: Option<String>,
    /// The most items; by default, and at most, `offers.list_items` of the settings.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

fn asked(app: &App, query: ListQuery) -> Result<Asked, ApiError> {
    let ListQuery { pos, active_at, channel, locale, time_zone, limit, cursor } = query;
    let query = Parameters { pos, active_at, channel, locale, time_zone, limit, cursor };
    Asked::read(app, query).map_err(ApiError::MalformedQuery)
}

/// A member's personal offers.
///
/// The running offers that are for this member in particular, until a day after their end: by an attribute with terms, each
/// item of them; by audience or state, by an issued coupon, or because members must accept them, each as a whole.
/// Each has `item_id`, `offer`, `title`, `by` (why it is personal), `rewards`, `start` and `end` (half-open, with the
/// member's offset), `conditions` in words, `limits` with what is `used` and `left`, `promo`, `picture`, `coupons`,
/// `require_accept`, `accepted`, `declined`; an item, or an offer with one, also `target`, `reward`, `method`, `value`.
/// In the order of offers, then of their items; `next` is the cursor of the next page. Offers whose control group the
/// member is in are left out.
#[utoipa::path(
    get, path = "/v1/members/{member_id}/offers", tag = "Members",
    params(("member_id" = String, Path, description = "The retailer's id of the member"), ListQuery),
    responses(
        (status = 200, description = "The items", body = Object),
        (status = 400, description = "A parameter of the address cannot be read", body = wire::problem::ProblemDocument),
        (status = 404, description = "There is no such member", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn personal_offers(
    State(app): State<App>,
    Path(member_id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Value>, ApiError> {
    let asked = asked(&app, query)?;
    Ok(Json(personal_offers::list(&app, &member_id, asked).await?))
}

/// The offers for everybody.
///
/// As the list of a member, with the running offers that ask nothing of the member. Codes of public coupons are not told.
/// With the token of a member, offers whose control group the member is in are left out.
#[utoipa::path(
    get, path = "/v1/offers/public", tag = "Members",
    params(ListQuery),
    responses(
        (status = 200, description = "The offers", body = Object),
        (status = 400, description = "A parameter of the address cannot be read", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn public_offers(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, ApiError> {
    let asked = asked(&app, query)?;
    Ok(Json(personal_offers::public(&app, caller.member, asked).await?))
}

/// Accept an item.
///
/// Of terms, and offers, with `require_accept` only what is accepted pays. The answer stays with the item for as long
/// as its terms do, also when they are uploaded again; with an offer as a whole for as long as its `params` do. A
/// repeated answer changes nothing.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/offers/{item_id}/accept", tag = "Members",
    params(
        ("member_id" = String, Path, description = "The retailer's id of the member"),
        ("item_id" = String, Path, description = "As the list of offers says"),
    ),
    responses(
        (status = 200, description = "The item as it is now", body = Object),
        (status = 404, description = "The member has no such item", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn accept(
    State(app): State<App>,
    Path((member_id, item_id)): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(to_the_end(personal_offers::answer(app, member_id, item_id, true)).await?))
}

/// Decline an item.
///
/// A declined item does not pay, whether it needs acceptance or not, until it is accepted.
#[utoipa::path(
    post, path = "/v1/members/{member_id}/offers/{item_id}/decline", tag = "Members",
    params(
        ("member_id" = String, Path, description = "The retailer's id of the member"),
        ("item_id" = String, Path, description = "As the list of offers says"),
    ),
    responses(
        (status = 200, description = "The item as it is now", body = Object),
        (status = 404, description = "The member has no such item", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn decline(
    State(app): State<App>,
    Path((member_id, item_id)): Path<(String, String)>,
    _: NoBody,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(to_the_end(personal_offers::answer(app, member_id, item_id, false)).await?))
}
