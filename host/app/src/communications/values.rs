//! Assembles what a template asks for about a member: from the tills' database, what the tills would pay, and what has
//! caused the message. Only what the template needs is read.

use std::collections::BTreeMap;

use communications::Profile;
use communications::templates::{Needs, OfferFacts, PointsFacts, ProductFacts, Values};
use domain::audience::Value as Attribute;
use domain::decimal::{format_scaled, parse_scaled};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use store::{Idempotent, PromiseRow};

pub use super::cause::{Cause, OfMessage};
use super::people;
use super::promises::{self, Promised};
use super::surveys;
use crate::coupons::codes;
use crate::error::Error;
use crate::nodes;
use crate::purchases::probe::Buyer;
use crate::state::App;

/// The caller in whose name messages issue coupon codes.
const ISSUER: &str = "communications";
/// What a preview shows for a coupon code, which only a message that is sent takes from its pool.
const SAMPLE_CODE: &str = "SAMPLE-CODE";
/// Events of a member that are looked at for what it pays.
const EVENTS_MAX: i64 = 200;
/// The most coupon codes of a member that are looked at.
const CODES_MAX: i64 = 50;
/// Thousandths of a unit.
const UNIT: i64 = 1000;

/// The values of a message, and what it promises with them.
#[derive(Debug, Clone)]
pub struct Assembled {
    /// The values.
    pub values: Values,
    /// What it promises.
    pub promises: Vec<PromiseRow>,
}

/// Assembles the values that a template needs for a member.
pub async fn assemble(app: &App, needs: &Needs, member_id: &str, cause: &Cause) -> Result<Assembled, Error> {
    let known = known(app, member_id, cause).await?;
    let live = nodes::serving(app).await?;
    let plan = &live.active.plan;
    let now_ms = match cause.now_ms {
        Some(now_ms) => now_ms,
        None => app.store.now_ms().await?,
    };
    let mut values = Values {
        language: cause.language.clone().or(known.language),
        zone: known.zone.iana_name().unwrap_or_default().to_owned(),
        now_ms,
        currency: plan.plan.currency.code.clone(),
        message_id: cause.message.as_ref().map(|message| message.id.clone()),
        event: cause.event.clone(),
        values: cause.values.clone(),
        unsubscribe_url: cause.unsubscribe_url.clone(),
        open_url: cause.open_url.clone(),
        ..Values::default()
    };
    let scale = plan.scales().points;
    let available = if needs.points || !needs.offers.is_empty() || !needs.products.is_empty() {
        points(app, member_id, scale, &mut values).await?
    } else {
        0
    };
    values.member = member(member_id, known.attributes, values.points.as_ref());
    issue_codes(app, needs, member_id, cause, &mut values).await?;
    surveys::add_links(app, needs, cause, &mut values).await?;
    let mut offers: Vec<&String> = needs.offers.iter().chain(&needs.products).collect();
    offers.sort();
    offers.dedup();
    if offers.is_empty() {
        return Ok(Assembled { values, promises: Vec::new() });
    }
    let record = app.store.member_record(member_id).await?.ok_or_else(|| unknown(member_id))?;
    let codes = known_codes(app, member_id, &values).await?;
    let prices = prices(app, member_id).await?;
    let locales: Vec<&str> = values.language.as_deref().into_iter().collect();
    let buyer = Buyer {
        record: &record,
        points: available,
        codes: &codes,
        prices: &prices,
        stand_in_price: app.config.communications.promise_price(plan.scales().money),
        locales: &locales,
    };
    let promised =
        promises::check(app, &live, &buyer, &offers, cause.message.is_none().then_some(needs)).await?;
    let rows = cause.message.as_ref().map(|message| promises::rows(&promised, needs, message, now_ms));
    add_offers(&promised, needs, (plan.scales().money, scale), &mut values);
    Ok(Assembled { values, promises: rows.unwrap_or_default() })
}

fn unknown(member_id: &str) -> Error {
    Error::Unknown { code: "unknown_member", what: format!("member `{member_id}`") }
}

/// What is known of a member.
struct Known {
    attributes: Map<String, Value>,
    language: Option<String>,
    zone: TimeZone,
}

impl From<Profile> for Known {
    fn from(profile: Profile) -> Self {
        let attributes = profile.attributes.iter().map(|(name, value)| (name.clone(), json_of(value)));
        Self { attributes: attributes.collect(), language: profile.language, zone: profile.zone }
    }
}

async fn known(app: &App, member_id: &str, cause: &Cause) -> Result<Known, Error> {
    if let Some(profile) = &cause.profile {
        return Ok(profile.clone().into());
    }
    if let Some(number) = app.communications.member_number(member_id).await?
        && let Some(profile) = people::of(app, &[number]).await?.into_iter().next()
    {
        return Ok(profile.into());
    }
    // Nothing was ever said about or to the member.
    let record = app.store.member_record(member_id).await?.ok_or_else(|| unknown(member_id))?;
    let mut attributes = Map::new();
    for attribute in &record.attributes {
        let json = wire::json::parse(&attribute.value).map_err(|_| Error::damaged("attribute"))?;
        attributes
            .extend(wire::audience::value(&json).map(|value| (attribute.name.clone(), json_of(&value))));
    }
    let settings = &app.config.contacts;
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let language = text(&settings.language).map(str::to_owned);
    let zone = text(&settings.time_zone).and_then(|name| TimeZone::get(name).ok());
    let zone = zone.unwrap_or_else(|| people::default_zone(app));
    Ok(Known { attributes, language, zone })
}

/// The value of an attribute as JSON; a number with a fraction is its text.
fn json_of(value: &Attribute) -> Value {
    match value {
        Attribute::Bool(is) => json!(is),
        Attribute::Number(decimal) => number(&decimal.to_string()),
        Attribute::Text(text) => json!(text),
        Attribute::List(values) => values.iter().map(json_of).collect(),
        Attribute::Record(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), json_of(field))).collect())
        }
    }
}

/// `member`: attributes, with `id` and `points`.
fn member(id: &str, attributes: Map<String, Value>, points: Option<&PointsFacts>) -> Map<String, Value> {
    let mut member = attributes;
    member.insert("id".to_owned(), json!(id));
    if let Some(points) = points {
        member.insert("points".to_owned(), number(&points.balance));
    }
    member
}

/// A whole number as a number, any other as its text.
fn number(decimal: &str) -> Value {
    let whole = decimal.split_once('.').map_or(decimal, |(whole, fraction)| {
        if fraction.bytes().all(|digit| digit == b'0') { whole } else { decimal }
    });
    whole.parse::<i64>().map_or_else(|_| json!(decimal), |whole| json!(whole))
}

/// Adds `points()`; returns what can be spent, in the smallest step.
async fn points(app: &App, member_id: &str, scale: u32, values: &mut Values) -> Result<i64, Error> {
    let balance = app.store.balance(member_id, "", app.store.now().await?).await?;
    let next = balance.expiring.first().copied();
    values.points = Some(PointsFacts {
        balance: format_scaled(balance.available, scale),
        expiring: next.map(|(_, points)| format_scaled(points, scale)),
        expires_at: next.map(|(at, _)| at.saturating_mul(1000)),
    });
    Ok(balance.available)
}

/// Adds a code of each pool: a new one for a message that is sent, the same one if it is sent again.
async fn issue_codes(
    app: &App,
    needs: &Needs,
    member_id: &str,
    cause: &Cause,
    values: &mut Values,
) -> Result<(), Error> {
    for pool in &needs.coupons {
        let code = match &cause.message {
            None => SAMPLE_CODE.to_owned(),
            Some(message) => {
                let key = Idempotent {
                    caller: ISSUER.to_owned(),
                    key: format!("{}/{pool}", message.id),
                    fingerprint: format!("{member_id}/{pool}"),
                };
                let answer = codes::issue(app, pool, &json!({"member_id": member_id}), Some(key)).await?;
                let answer = wire::json::parse(&answer).map_err(|_| Error::damaged("coupon"))?;
                let code = answer.get("code").and_then(Value::as_str);
                code.map(str::to_owned).ok_or_else(|| Error::damaged("coupon"))?
            }
        };
        values.coupons.insert(pool.clone(), code);
    }
    Ok(())
}

/// The codes that the member could show at the till.
async fn known_codes(app: &App, member_id: &str, values: &Values) -> Result<Vec<String>, Error> {
    let now = app.store.now().await?;
    let mut codes: Vec<String> =
        values.coupons.values().filter(|code| *code != SAMPLE_CODE).cloned().collect();
    let issued = app.store.coupons_of_member(member_id, CODES_MAX, now).await?;
    codes.extend(issued.into_iter().map(|coupon| coupon.code));
    codes.sort();
    codes.dedup();
    codes.truncate(app.config.coupons.receipt_codes.saturating_sub(1));
    Ok(codes)
}

/// What the member paid for a unit of products lately, by their codes, in minor units.
async fn prices(app: &App, member_id: &str) -> Result<BTreeMap<String, i64>, Error> {
    let Some(number) = app.communications.member_number(member_id).await? else { return Ok(BTreeMap::new()) };
    let mut prices = BTreeMap::new();
    for event in app.communications.events_of(number, i64::MIN, EVENTS_MAX).await? {
        if event.kind != "purchase" {
            continue;
        }
        let Ok(payload) = serde_json::from_str::<Value>(&event.payload) else { continue };
        let lines = payload.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
        for line in &lines {
            if let Some((product, price)) = unit_price(line) {
                // The latest come first.
                prices.entry(product).or_insert(price);
            }
        }
    }
    Ok(prices)
}

fn unit_price(line: &Value) -> Option<(String, i64)> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let amount: i64 = text("amount")?.parse().ok()?;
    let thousandths = parse_scaled(text("quantity")?, 3).ok()?;
    let price = amount.checked_mul(UNIT)?.checked_div(thousandths)?;
    (price > 0).then(|| Some((text("product")?.to_owned(), price))).flatten()
}

fn add_offers(promised: &[Promised], needs: &Needs, (money, points): (u32, u32), values: &mut Values) {
    for Promised { offer, probed } in promised {
        let value = match probed.words.kind {
            _ if !probed.is_exact => None,
            Some("points") => Some(format_scaled(probed.points, points)),
            _ => Some(format_scaled(probed.discount, money)),
        };
        if needs.offers.contains(offer) {
            let facts = OfferFacts {
                void: probed.void.map(str::to_owned),
                title: probed.words.title.clone(),
                description: probed.words.description.clone(),
                text: probed.words.reward.clone(),
                value,
                reward: probed.words.kind.map(str::to_owned),
                ends_at: probed.ends_at,
                version: i64::from(probed.version),
            };
            values.offers.insert(offer.clone(), facts);
        }
        if needs.products.contains(offer)
            && let Some(goods) = &probed.goods
        {
            let facts = ProductFacts {
                id: goods.id.clone(),
                name: goods.name.clone(),
                picture: goods.picture.clone(),
            };
            values.products.insert(offer.clone(), facts);
        }
    }
}
