//! Personal offers as the member sees them: the items, and the member's answers.

use std::collections::BTreeSet;

use domain::decimal::format_trimmed;
use domain::offer::{Item, Offer, OfferId, Target, Terms};
use domain::time::{Bound, Period};
use jiff::tz::Offset;
use serde_json::{Map, Value, json};
use store::{PersonalAnswer, Results};
use wire::member::MemberRecord;
use wire::personal::{self, ReadTerms, item_id};

use crate::clock::now;
use crate::error::Error;
use crate::live::Live;
use crate::purchases::members;
use crate::results::events::{self, Decision, Event};
use crate::state::App;

/// The state of a member that was merged into another.
const MERGED: &str = "merged";
/// Time for which an item is listed after its end: more than the clock of any store is behind.
const SHOWN_AFTER_END_SECONDS: i64 = 24 * 60 * 60;

/// One listed item, and its source.
struct ShownItem {
    id: String,
    attribute: String,
    offer: OfferId,
    /// The item as it was uploaded.
    written: Value,
    document: Value,
}

/// The items that are valid for a member, or will be, as a document.
pub async fn list(app: &App, member_id: &str) -> Result<Value, Error> {
    let items: Vec<Value> = shown(app, member_id).await?.into_iter().map(|item| item.document).collect();
    Ok(json!({"member_id": member_id, "items": items}))
}

/// Stores a member's answer to an item; returns the document of the item after it.
pub async fn answer(app: App, member_id: String, id: String, accepted: bool) -> Result<Value, Error> {
    let live = app.live.load_full();
    let mut items = shown(&app, &member_id).await?;
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
    let items = shown(&app, &member_id).await?;
    let answered = items.into_iter().find(|item| item.id == id).map(|item| item.document);
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
            attribute: &item.attribute,
            item_id: &item.id,
            item: &item.written,
        };
        events.push(if accepted { Event::Accepted(decision) } else { Event::Declined(decision) });
    }
    events::write(&events).map_err(|error| Error::internal(&error))
}

/// The items of all personal offers of a member, other than those in whose control group the member is.
async fn shown(app: &App, member_id: &str) -> Result<Vec<ShownItem>, Error> {
    let record = app.store.member_record(member_id).await?;
    let record = record.ok_or_else(|| Error::NotFound(format!("member `{member_id}`")))?;
    if record.state == MERGED {
        let detail = format!("member `{member_id}` is merged into another; its offers are those of that one");
        return Err(Error::State { code: "member_merged", detail });
    }
    let live = app.live.load_full();
    // A member may have thousands of items: tills go first.
    app.threads.run_piece(move || items_of(&record, &live)).await?
}

fn items_of(record: &store::MemberRecord, live: &Live) -> Result<Vec<ShownItem>, Error> {
    let member = members::restore(record, live.active.plan.scales()).map_err(|problems| {
        tracing::error!(member = record.id, problems = problems.len(), "stored member is not readable");
        Error::damaged("member")
    })?;
    let mut items = Vec::new();
    for (id, offer) in live.active.plan.plan.numbered_offers() {
        let Terms::Attribute(attribute) = &offer.terms else { continue };
        // A member of the control group gets nothing, so the offer is not shown.
        if offer.control_group.as_ref().is_some_and(|group| group.contains(&member.id)) {
            continue;
        }
        if let Some((value, terms)) = terms(&member, attribute, offer, live) {
            items.extend(of_offer(&member, attribute, (id, offer), (&value, &terms), live));
        }
    }
    Ok(items)
}

/// The member's terms of an offer, unless there are none or they cannot be read.
fn terms(member: &MemberRecord, attribute: &str, offer: &Offer, live: &Live) -> Option<(Value, ReadTerms)> {
    let value = member.attributes.get(attribute).filter(|value| !value.is_null())?;
    let value = personal::unpacked(value).ok()?;
    let terms = personal::parse(&value, member.answers_to(attribute), &live.active.plan.context()).ok()?;
    let mechanic = live.active.plan.plan.mechanic(offer.mechanic)?;
    (terms.terms.kind == mechanic.name).then_some((value, terms))
}

fn of_offer(
    member: &MemberRecord,
    attribute: &str,
    (offer_id, offer): (OfferId, &Offer),
    (value, terms): (&Value, &ReadTerms),
    live: &Live,
) -> Vec<ShownItem> {
    let needs_acceptance = value.get("require_accept").and_then(Value::as_bool).unwrap_or(false);
    let written = |place: usize| value.get("items").and_then(|items| items.get(place));
    let mut shown = Vec::new();
    for (item, place) in terms.terms.items.iter().zip(&terms.places) {
        let Some(written) = written(*place) else { continue };
        let period = within(&[&offer.filters.period, &terms.terms.period, &item.period]);
        if ended(&period) {
            continue;
        }
        let id = item_id(written);
        let answer = member.answers_to(attribute).get(&id).copied();
        let uploaded = written.get("accepted").and_then(Value::as_bool).unwrap_or(false);
        let mut document = Map::from_iter(
            [
                ("item_id", json!(id)),
                ("offer", json!(offer.external_id)),
                ("offer_version", json!(offer.version)),
                ("title", json!(offer.title)),
                ("attribute", json!(attribute)),
                ("kind", json!(terms.terms.kind)),
                ("start", json!(period.start.and_then(text))),
                ("end", json!(period.end.and_then(text))),
                ("require_accept", json!(needs_acceptance)),
                ("accepted", json!(answer.unwrap_or(uploaded))),
                ("declined", json!(answer == Some(false))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        document.extend(what(item, written, live));
        let document = Value::Object(document);
        let (attribute, written) = (attribute.to_owned(), written.clone());
        shown.push(ShownItem { id, attribute, offer: offer_id, written, document });
    }
    shown
}

/// Target, reward and conditions of an item, for its document.
fn what(item: &Item, written: &Value, live: &Live) -> Map<String, Value> {
    let scales = live.active.plan.scales();
    let catalog = &live.active.plan.plan.catalog;
    let name = match item.target {
        Target::Product(id) => catalog.product(id).map(|product| product.name.as_str()),
        Target::Category(id, _) => catalog.category(id).map(|category| category.name.as_str()),
        Target::Group(id) => catalog.group(id).map(|group| group.name.as_str()),
        Target::Receipt | Target::Unknown(_) => None,
    };
    let money = |sum: i64| format_trimmed(sum, scales.money);
    let plain = |name: &str, default: Value| match written.get(name) {
        Some(Value::Number(number)) => json!(number.as_str()),
        Some(value) if !value.is_null() => value.clone(),
        _ => default,
    };
    let target = if item.target_text.is_empty() { Value::Null } else { json!(item.target_text) };
    Map::from_iter(
        [
            ("target", target),
            ("target_name", json!(name.filter(|name| !name.is_empty()))),
            ("reward", json!(reward(item))),
            ("method", plain("method", json!("percent"))),
            ("value", plain("value", Value::Null)),
            ("min_sum", json!(item.min_sum.map(|sum| money(sum.0)))),
            ("from", json!(item.threshold.map(|threshold| money(threshold.sum)))),
            ("order", json!(item.order)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}

fn reward(item: &Item) -> &'static str {
    match item.reward {
        domain::mechanics::Phase::Discount => "discount",
        domain::mechanics::Phase::Accrual => "points",
    }
}

/// The latest start and the earliest end. Times on a store's clock are compared as if it were UTC.
fn within(periods: &[&Period]) -> Period {
    let starts = periods.iter().filter_map(|period| period.start);
    let ends = periods.iter().filter_map(|period| period.end);
    Period {
        start: starts.max_by_key(|bound| seconds(*bound)),
        end: ends.min_by_key(|bound| seconds(*bound)),
    }
}

fn ended(period: &Period) -> bool {
    let over = now().saturating_sub(SHOWN_AFTER_END_SECONDS);
    period.end.is_some_and(|end| seconds(end) < over)
}

fn seconds(bound: Bound) -> i64 {
    match bound {
        Bound::Instant(seconds) => seconds,
        // The edge takes no local time beyond the range of instants.
        Bound::Local(local) => Offset::UTC.to_timestamp(local).map_or(i64::MAX, |time| time.as_second()),
    }
}

/// A bound as text: an instant with offset, a time on the store's clock without one.
fn text(bound: Bound) -> Option<String> {
    match bound {
        Bound::Instant(seconds) => jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).ok(),
        Bound::Local(local) => Some(local.to_string()),
    }
}
