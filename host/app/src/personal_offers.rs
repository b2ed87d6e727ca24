//! Offers as apps, sites and personal accounts show them: those that are personal to a member, with the member's answers,
//! and those for everybody.
//!
//! | file | holds |
//! |---|---|
//! | `query` | what a call asks for: filters, language, clock and page |
//! | `candidates` | the offers and items that a list shows, and its pages |
//! | `document` | the document of each |
//! | `dates` | bounds of periods on the clock of the reader |
//! | `limits` | used and left parts of limits |

mod candidates;
mod dates;
mod document;
mod limits;
mod query;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::conditions::Language;
use domain::offer::OfferId;
use domain::time::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use store::{IssuedCoupon, PersonalAnswer, Results};
use wire::member::MemberRecord;
use wire::personal::OFFERS;
use wire::reader::Scales;
use wire::time::moment_in;

use candidates::{Seen, View};
use document::Style;
use limits::{ShownLimit, UsedParts};

pub use query::{Asked, Query};

use crate::clock::now;
use crate::config::Offers;
use crate::error::Error;
use crate::live::Live;
use crate::purchases::members;
use crate::results::events::{self, Decision, Event};
use crate::state::App;

/// The state of a member that was merged into another.
const MERGED: &str = "merged";
/// The attribute of members that names their time zone.
const TIME_ZONE: &str = "time_zone";

/// One shown item, and its source.
struct ShownItem {
    id: String,
    /// [`OFFERS`] for an offer as a whole.
    attribute: String,
    offer: OfferId,
    external_id: String,
    /// The item as it was uploaded, or the parameters of the offer.
    written: Value,
    document: Map<String, Value>,
    limits: Vec<ShownLimit>,
}

/// A page of a list.
struct Page {
    items: Vec<ShownItem>,
    /// The cursor of the next page; none after the last item.
    next: Option<String>,
    /// Name of the time zone of its dates.
    time_zone: Option<String>,
    scales: Scales,
}

/// The member that a list is of, as it is stored.
struct Buyer {
    record: MemberRecord,
    coupons: Vec<IssuedCoupon>,
}

/// The items that hold for a member, or will, as a document.
pub async fn list(app: &App, member_id: &str, asked: Asked) -> Result<Value, Error> {
    let (_, page) = page_of(app, member_id, asked).await?;
    let mut document = page.document(app).await?;
    document.insert("member_id".to_owned(), json!(member_id));
    Ok(Value::Object(document))
}

/// The offers for everybody, as a document. For the token of a member those whose control group the member is in are left
/// out.
pub async fn public(app: &App, reader: Option<String>, asked: Asked) -> Result<Value, Error> {
    let live = app.live.load_full();
    let settings = app.config.offers.clone();
    let piece = move || page(&live, &settings, None, reader.as_deref(), &asked);
    let page = app.threads.run_piece(piece).await??;
    page.document(app).await.map(Value::Object)
}

/// Stores a member's answer to an item; returns the document of the item after it.
pub async fn answer(app: App, member_id: String, id: String, accepted: bool) -> Result<Value, Error> {
    let (live, page) = page_of(&app, &member_id, Asked::everything()).await?;
    let mut items = page.items;
    items.retain(|item| item.id == id);
    if items.is_empty() {
        return Err(Error::NotFound(format!("item `{id}` among the offers of member `{member_id}`")));
    }
    let mut answered = BTreeSet::new();
    for attribute in items.iter().map(|item| &item.attribute) {
        // Several offers may take their terms from one attribute: the answer is stored once.
        if answered.insert(attribute) {
            let events = events(&live, items.iter().filter(|item| &item.attribute == attribute), accepted)?;
            let answer = PersonalAnswer { attribute: attribute.clone(), item: id.clone(), accepted };
            app.store.answer(&member_id, &answer, Results { at: now(), events }).await?;
        }
    }
    let (_, mut page) = page_of(&app, &member_id, Asked::everything()).await?;
    page.items.retain(|item| item.id == id);
    page.items.truncate(1);
    let document = page.document(&app).await?;
    let answered = document.get("items").and_then(|items| items.get(0)).cloned();
    answered.ok_or_else(|| Error::NotFound(format!("item `{id}`: its terms have just changed")))
}

/// The events of an answer for the results feed: one for each offer that the item belongs to.
fn events<'a>(
    live: &Live,
    items: impl Iterator<Item = &'a ShownItem>,
    accepted: bool,
) -> Result<String, Error> {
    let plan = &live.active.plan.plan;
    let mut events = Vec::new();
    for item in items {
        let Some(offer) = plan.offer(item.offer) else { continue };
        let mechanic = plan.mechanic(offer.mechanic);
        let decision = Decision {
            offer: &offer.external_id,
            offer_version: offer.version,
            mechanic: mechanic.map_or("", |mechanic| mechanic.name.as_str()),
            attribute: Some(item.attribute.as_str()).filter(|attribute| *attribute != OFFERS),
            item_id: &item.id,
            item: &item.written,
            decision: item.document.get("decision").and_then(Value::as_str),
        };
        events.push(if accepted { Event::Accepted(decision) } else { Event::Declined(decision) });
    }
    events::write(&events).map_err(|error| Error::internal(&error))
}

/// A page of the offers of a member, with the plans that it was made from.
async fn page_of(app: &App, member_id: &str, asked: Asked) -> Result<(Arc<Live>, Page), Error> {
    let record = app.store.member_record(member_id).await?;
    let record = record.ok_or_else(|| Error::NotFound(format!("member `{member_id}`")))?;
    if record.state == MERGED {
        let detail = format!("member `{member_id}` is merged into another; its offers are those of that one");
        return Err(Error::State { code: "member_merged", detail });
    }
    let live = app.live.load_full();
    let has_pools = live.active.plan.plan.offers.iter().any(|offer| !offer.filters.coupon_pools.is_empty());
    let coupons = if has_pools {
        let most = i64::try_from(app.config.offers.list_items).unwrap_or(i64::MAX);
        app.store.coupons_of_member(member_id, most, app.store.now().await?).await?
    } else {
        Vec::new()
    };
    let record = members::restore(&record, live.active.plan.scales()).map_err(|problems| {
        tracing::error!(member = record.id, problems = problems.len(), "stored member is not readable");
        Error::damaged("member")
    })?;
    let (plans, settings, buyer) = (Arc::clone(&live), app.config.offers.clone(), Buyer { record, coupons });
    // A member may have thousands of items: tills go first.
    let piece = move || page(&plans, &settings, Some(&buyer), Some(buyer.record.id.as_str()), &asked);
    Ok((live, app.threads.run_piece(piece).await??))
}

/// A page of the offers of a member, or of those for everybody. The control groups of the member `control` are left out.
fn page(
    live: &Live,
    settings: &Offers,
    buyer: Option<&Buyer>,
    control: Option<&str>,
    asked: &Asked,
) -> Result<Page, Error> {
    let plan = &live.active.plan;
    let zone = zone(live, settings, buyer, asked);
    let now = now();
    let today = moment(Timestamp::from_second(now).ok(), &zone)?;
    let at = asked.active_at.map_or(Ok(today), |at| moment(Some(at), &zone))?;
    let member = buyer.map(|Buyer { record, coupons }| {
        let mut audiences = record.given_audiences(plan);
        audiences.extend(plan.audiences().of(&record.attributes, &at));
        Seen { record, audiences, coupons }
    });
    let view = View { plan, asked, now, at, member, control };
    let locales: Vec<&str> = asked.locale.as_deref().into_iter().chain([plan.plan.locale.as_str()]).collect();
    let language = Language::of(&locales);
    let time_zone = zone.iana_name().map(str::to_owned);
    let style = Style { plan, zone, locales, language, stand_in: settings.picture() };
    let (found, last) = candidates::page(&view);
    let shown = |candidate: candidates::Candidate<'_>| ShownItem {
        document: style.document(&candidate),
        limits: limits::of(&view, &candidate, today.local.date()),
        id: candidate.item_id,
        attribute: candidate.attribute.to_owned(),
        offer: candidate.id,
        external_id: candidate.offer.external_id.clone(),
        written: candidate.written,
    };
    let items = found.into_iter().map(shown).collect();
    Ok(Page { items, next: last.map(|last| last.cursor()), time_zone, scales: plan.scales() })
}

/// The clock of the dates: the one that is asked for, the member's own, that of the place that is asked for, that of the
/// settings, that of all points of sale, else UTC.
fn zone(live: &Live, settings: &Offers, buyer: Option<&Buyer>, asked: &Asked) -> TimeZone {
    let points_of_sale = &live.active.plan.points_of_sale;
    let own = || {
        let name = buyer?.record.attributes.get(TIME_ZONE)?.as_str()?;
        TimeZone::get(name).ok()
    };
    let of_pos = || points_of_sale.zone(asked.pos.as_deref()?).cloned();
    asked
        .time_zone
        .clone()
        .or_else(own)
        .or_else(of_pos)
        .or_else(|| settings.zone())
        .or_else(|| points_of_sale.shared_zone().cloned())
        .unwrap_or(TimeZone::UTC)
}

fn moment(instant: Option<Timestamp>, zone: &TimeZone) -> Result<Moment, Error> {
    instant.and_then(|instant| moment_in(instant, zone)).ok_or(Error::Internal)
}

impl Page {
    /// The page with the used and left parts of limits, as a document.
    async fn document(self, app: &App) -> Result<Map<String, Value>, Error> {
        let used = UsedParts::read(app, self.items.iter().flat_map(|item| &item.limits)).await?;
        let document = |mut item: ShownItem| {
            let limits = used.documents(&item.external_id, &item.limits, self.scales);
            item.document.insert("limits".to_owned(), limits);
            Value::Object(item.document)
        };
        let items: Vec<Value> = self.items.into_iter().map(document).collect();
        let fields =
            [("time_zone", json!(self.time_zone)), ("items", json!(items)), ("next", json!(self.next))];
        Ok(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
