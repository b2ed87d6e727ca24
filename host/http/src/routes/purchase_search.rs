//! `/v1/purchases`: purchases of a member, a card or a store.

use app::purchases::search::{self, LIMIT_MAX, PurchasePage, Wanted};
use app::state::App;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use store::PurchaseState;

use crate::access::Within;
use crate::error::ApiError;
use crate::query::Query;

/// The purchases to look for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// Id of the member who bought; one that was merged is the one it was merged into.
    member: Option<String>,
    /// The card that was shown, in any spelling that tills use.
    card: Option<String>,
    /// The store or till that sold them, with all that is below it.
    #[serde(rename = "pos")]
    _pos: Option<String>,
    /// Receipts of this time or later: RFC 3339, or a date, whose day begins in UTC.
    since: Option<String>,
    /// Receipts before this time; a date is its whole day in UTC.
    until: Option<String>,
    /// `calculated`, `confirmed`, `cancelled` or `expired`.
    state: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// The most purchases: 1 to 200, 50 if absent.
    limit: Option<u32>,
}

impl SearchQuery {
    fn wanted(self) -> Result<Wanted, ApiError> {
        let refused = ApiError::MalformedQuery;
        if self.member.is_some() && self.card.is_some() {
            return Err(refused("send `member` or `card`, not both".to_owned()));
        }
        let instant = |name: &str, text: Option<&str>| match text {
            None => Ok(None),
            Some(text) => match Wanted::instant(text, name == "until") {
                Some(instant) => Ok(Some(instant)),
                None => Err(refused(format!(
                    "`{name}` must be a time with offset such as 2026-11-22T10:15:00Z, or a date such as \
                     2026-11-22, got `{text}`"
                ))),
            },
        };
        let (since, until) =
            (instant("since", self.since.as_deref())?, instant("until", self.until.as_deref())?);
        let state = self.state.as_deref().map(|name| {
            PurchaseState::from_name(name).ok_or_else(|| {
                refused(format!("`state` must be calculated, confirmed, cancelled or expired, got `{name}`"))
            })
        });
        let state = state.transpose()?;
        let after = self.after.as_deref().map(|text| {
            Wanted::place(text)
                .ok_or_else(|| refused("`after` must be the `next` of the page before".to_owned()))
        });
        let after = after.transpose()?;
        if let Some(limit) = self.limit.filter(|limit| !(1..=LIMIT_MAX).contains(limit)) {
            return Err(refused(format!("`limit` must be 1 to {LIMIT_MAX}, got `{limit}`")));
        }
        Ok(Wanted { member: self.member, card: self.card, since, until, state, after, limit: self.limit })
    }
}

/// Find purchases.
///
/// Of a member, a card, a store or a time, newest first by the time of the receipt, also those that were not confirmed. A
/// key of a till finds what its own stores sold. A page may have fewer purchases than asked for, and still a `next`: a call
/// looks through a bounded number of them.
#[utoipa::path(
    get, path = "/v1/purchases", tag = "Support",
    params(SearchQuery),
    responses(
        (status = 200, description = "The purchases in short, and the `next` page", body = PurchasePage),
        (status = 400, description = "A parameter cannot be read", body = wire::problem::ProblemDocument),
        (status = 403, description = "`pos_not_allowed`: the key is for other stores, or bound to none", body = wire::problem::ProblemDocument),
        (status = 404, description = "`unknown_member`", body = wire::problem::ProblemDocument),
    ),
    security(("key" = [])),
)]
pub(super) async fn search_purchases(
    State(app): State<App>,
    Within(access): Within,
    Query(query): Query<SearchQuery>,
) -> Result<Json<PurchasePage>, ApiError> {
    Ok(Json(search::search(&app, &access, query.wanted()?).await?))
}
