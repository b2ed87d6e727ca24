//! Finds purchases of a member, a card or a store, newest first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::caseless::folded;
use domain::pos::is_within;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use store::{FoundPurchase, Purchase, PurchaseSearch, PurchaseState, SearchedBuyer, scope_of, till_id};
use utoipa::ToSchema;
use wire::json;

use super::access::{self, Access};
use super::state_at;
use crate::changes::member_state::unknown_member;
use crate::error::Error;
use crate::state::App;

/// Purchases of a page whose call gives no limit.
const LIMIT: u32 = 50;
/// The most purchases of a page.
pub const LIMIT_MAX: u32 = 200;
/// Purchases that are read at a time to look for those of a store or a state.
const CHUNK: i64 = 1_000;
/// Length of a date such as 2026-11-22.
const DATE_LENGTH: usize = 10;
/// Chunks that one call looks through at most; the next page goes on.
const CHUNKS_MAX: usize = 10;

/// The purchases to look for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Id of the member who bought.
    pub member: Option<String>,
    /// The card that was shown, in any spelling.
    pub card: Option<String>,
    /// The first second of the receipts.
    pub since: Option<i64>,
    /// The first second after those of the receipts.
    pub until: Option<i64>,
    /// The state that they are in now.
    pub state: Option<PurchaseState>,
    /// Time and stored id of the last purchase of the page before.
    pub after: Option<(i64, String)>,
    /// The most purchases: 1 to [`LIMIT_MAX`], 50 if absent.
    pub limit: Option<u32>,
}

/// A page of purchases.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchasePage {
    /// Newest first, by the time of the receipt.
    pub purchases: Vec<PurchaseSummary>,
    /// To be sent as `after` for the next page; absent if there is none. A page may have fewer purchases than asked
    /// for, and still another one after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A purchase in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseSummary {
    purchase_id: String,
    /// The place within which the id is unique; absent if it is in the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The time of the receipt, as the till sent it.
    at: String,
    pos: Option<String>,
    state: &'static str,
    /// The member who bought, if one was found.
    member_id: Option<String>,
    /// The identifier that was shown; all but the last characters of its value are hidden.
    identifier: Option<MaskedIdentifier>,
    /// Sums as `calculate` answered them; `null` once they are removed.
    #[schema(value_type = Object)]
    totals: Value,
}

/// An identifier that cannot be read off.
#[derive(Debug, Serialize, ToSchema)]
struct MaskedIdentifier {
    kind: String,
    value: String,
}

impl Wanted {
    /// An instant: a time with offset, or a date. A date is its beginning in UTC as a start, and its end as an end.
    pub fn instant(text: &str, is_end: bool) -> Option<i64> {
        // A plus sign that was not encoded in the address arrives as a space.
        let time: Result<Timestamp, _> = text.replace(' ', "+").parse();
        if let Ok(time) = time {
            return Some(time.as_second());
        }
        // The parser of dates would take a time without offset, too, and drop the time.
        let date: Date = (text.len() == DATE_LENGTH).then(|| text.parse().ok()).flatten()?;
        let date = if is_end { date.tomorrow().ok()? } else { date };
        date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp().as_second())
    }

    /// The place of a page, from the `next` of the one before.
    pub fn place(text: &str) -> Option<(i64, String)> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (sold_at, id) = text.split_once(' ')?;
        Some((sold_at.parse().ok()?, id.to_owned()))
    }
}

/// Finds purchases that a key may name.
pub async fn search(app: &App, access: &Access, wanted: Wanted) -> Result<PurchasePage, Error> {
    let limit = wanted.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let places = match access {
        Access::Everything => None,
        Access::Places(places) => Some(places.as_slice()),
        Access::Unscoped => {
            let detail = "a till's key that is bound to no store finds no purchases; bind one with `--pos`";
            return Err(Error::Denied { code: "pos_not_allowed", detail: detail.to_owned() });
        }
    };
    let now = app.store.now().await?;
    let is_wanted = |found: &FoundPurchase| {
        wanted.state.is_none_or(|state| state_at(found.state, found.expires_at, now) == state)
            && places.is_none_or(|places| is_sold_within(found, places))
    };
    let unfiltered = wanted.state.is_none() && places.is_none();
    let most = if unfiltered { i64::try_from(limit).unwrap_or(CHUNK) } else { CHUNK };
    let buyer = buyer(app, &wanted).await?;
    let mut search =
        PurchaseSearch { buyer, since: wanted.since, until: wanted.until, after: wanted.after.clone(), most };
    let mut found: Vec<FoundPurchase> = Vec::new();
    for _ in 0..CHUNKS_MAX {
        let chunk = app.store.find_purchases(&search).await?;
        let is_last = i64::try_from(chunk.len()).is_ok_and(|read| read < most);
        for purchase in chunk {
            search.after = Some((purchase.sold_at, purchase.id.clone()));
            if is_wanted(&purchase) {
                found.push(purchase);
            }
            if found.len() >= limit {
                return page(app, found, search.after, now).await;
            }
        }
        if is_last {
            return page(app, found, None, now).await;
        }
    }
    page(app, found, search.after, now).await
}

fn is_sold_within(found: &FoundPurchase, places: &[String]) -> bool {
    let of_request = || access::pos_of_text(found.request.as_deref()?);
    let pos = found.pos.clone().or_else(of_request).unwrap_or_default();
    places.iter().any(|place| is_within(&pos, place))
}

/// A member that was merged is the one that it was merged into: its purchases went along.
async fn buyer(app: &App, wanted: &Wanted) -> Result<SearchedBuyer, Error> {
    if let Some(member) = &wanted.member {
        let known = app.store.member(member).await?.ok_or_else(|| unknown_member(member))?;
        return Ok(SearchedBuyer::Member(known.merged_into.unwrap_or(known.id)));
    }
    let Some(card) = &wanted.card else { return Ok(SearchedBuyer::Anybody) };
    let member = app.store.member_by_identifier(CARD, card).await?.map(|member| member.id);
    Ok(SearchedBuyer::Card { card: folded(card).into_owned(), member })
}

const CARD: &str = "card";

/// The card that a receipt names, in the form by which cards compare; empty if it names none.
pub(super) fn card(identifier: Option<&(String, String)>) -> String {
    let card = identifier.filter(|(kind, _)| folded(kind) == CARD);
    card.map(|(_, value)| folded(value).into_owned()).unwrap_or_default()
}

async fn page(
    app: &App,
    found: Vec<FoundPurchase>,
    after: Option<(i64, String)>,
    now: i64,
) -> Result<PurchasePage, Error> {
    let ids: Vec<String> = found.iter().map(|purchase| purchase.id.clone()).collect();
    let stored = app.store.purchases(&ids).await?;
    // One that was removed meanwhile is left out.
    let whole = |found: &FoundPurchase| {
        let purchase = stored.iter().find(|purchase| purchase.id == found.id)?;
        Some(summary(purchase, found, now))
    };
    Ok(PurchasePage {
        purchases: found.iter().filter_map(whole).collect(),
        next: after.map(|(sold_at, id)| URL_SAFE_NO_PAD.encode(format!("{sold_at} {id}"))),
    })
}

fn summary(purchase: &Purchase, found: &FoundPurchase, now: i64) -> PurchaseSummary {
    let request = json::parse(&purchase.request).unwrap_or_default();
    let text = |value: &Value, key: &str| match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let sold_at = || Timestamp::from_second(found.sold_at).map(|time| time.to_string()).unwrap_or_default();
    let identifier = request.get("member").and_then(|member| {
        let value = masked(&text(member, "value")?);
        Some(MaskedIdentifier { kind: text(member, "kind")?, value })
    });
    let answer = json::parse(&purchase.answer).unwrap_or_default();
    PurchaseSummary {
        purchase_id: till_id(&purchase.id).to_owned(),
        scope: scope_of(&purchase.id).map(str::to_owned),
        at: text(&request, "at").unwrap_or_else(sold_at),
        pos: purchase.pos.clone().or_else(|| text(&request, "pos")),
        state: state_at(purchase.state, purchase.expires_at, now).name(),
        member_id: purchase.member_id.clone(),
        identifier,
        totals: answer.get("totals").cloned().unwrap_or_default(),
    }
}

/// An identifier of which the last four characters are left, and no more than half of them.
fn masked(value: &str) -> String {
    let length = value.chars().count();
    let left = 4.min(length / 2);
    let end: String = value.chars().skip(length.saturating_sub(left)).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_identifier_can_be_read_off() {
        for (value, expected) in
            [("", "…"), ("1", "…"), ("123", "…3"), ("7700001", "…001"), ("+79161234567", "…4567")]
        {
            assert_eq!(masked(value), expected);
        }
    }

    #[test]
    fn a_date_is_a_whole_day_in_utc() {
        assert_eq!(Wanted::instant("2027-01-15T11:00:00 03:00", false), Some(1_800_000_000));
        assert_eq!(Wanted::instant("2027-01-15", false), Some(1_799_971_200));
        assert_eq!(Wanted::instant("2027-01-15", true), Some(1_800_057_600));
        for text in ["yesterday", "2027-01-15T11:00:00", "2027-01-32"] {
            assert_eq!(Wanted::instant(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let place = (1_800_000_000, "store-1\u{1f}p 1".to_owned());
        let text = URL_SAFE_NO_PAD.encode(format!("{} {}", place.0, place.1));
        assert_eq!(Wanted::place(&text), Some(place));
        assert_eq!(Wanted::place("17"), None);
    }
}
