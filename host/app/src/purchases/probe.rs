//! Whether the till would pay an offer to a member, and how much: the same calculation as at the till, over a basket of
//! the offer's goods. Nothing is stored. What messages promise is found out here.

mod basket;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::member::Member;
use domain::offer::{MemberState, Offer, OfferId};
use domain::pricing::{FilledMessages, NotAppliedReason, PricedReceipt};
use domain::quantities::Points;
use domain::time::Moment;
use domain::usage::Usage;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use store::MemberRecord;
use wire::receipt::{self, ReadReceipt, Request};
use wire::rollout::Sale;
use wire::time::moment_in;

use super::coupons::ReceiptCoupons;
use super::pricing::{Input, priced};
use super::{limits, members};
use crate::error::Error;
use crate::live::{Live, PlanVariant};
use crate::state::App;

pub use terms::{Goods, Words};

/// Units of each of the goods that are tried, one after the other: some offers pay from the second or third on.
const UNITS: [i64; 5] = [1, 2, 3, 5, 10];
/// Hours that are looked ahead for one in which the offer holds: a week.
const HOURS_AHEAD: i64 = 168;

/// The member that an offer is probed for.
pub struct Buyer<'a> {
    /// As it is stored.
    pub record: &'a MemberRecord,
    /// Points that can be spent.
    pub points: i64,
    /// Coupon codes that the member has.
    pub codes: &'a [String],
    /// What the member has paid for a unit of products, by their codes, in minor units.
    pub prices: &'a BTreeMap<String, i64>,
    /// Price of a unit of other products, in minor units.
    pub stand_in_price: i64,
    /// Wanted locales, the first first.
    pub locales: &'a [&'a str],
}

/// What the till would do.
#[derive(Debug, Clone)]
pub struct Probed {
    /// Why it would give nothing; `None` if it gives something.
    pub void: Option<&'static str>,
    /// Version of the offer; 0 if it is not running.
    pub version: u32,
    /// What people read about the offer.
    pub words: Words,
    /// Discount on the basket, in minor units.
    pub discount: i64,
    /// Points for the basket, in their smallest step.
    pub points: i64,
    /// True if these are what the member would get: the prices are known, or do not matter.
    pub is_exact: bool,
    /// The offer's end in milliseconds since 1970; `None` if it has none.
    pub ends_at: Option<i64>,
    /// The goods that it is about.
    pub goods: Option<Goods>,
}

impl Probed {
    fn void(reason: &'static str) -> Self {
        Self {
            void: Some(reason),
            version: 0,
            words: Words::default(),
            discount: 0,
            points: 0,
            is_exact: false,
            ends_at: None,
            goods: None,
        }
    }
}

/// Probes an offer for a member.
pub async fn probe(app: &App, live: &Arc<Live>, buyer: &Buyer<'_>, offer: &str) -> Result<Probed, Error> {
    let sale = Sale { member: Some(buyer.record.id.as_str()), purchase_id: "", pos: "" };
    let variant = Arc::clone(live.variant_for(sale));
    let plan = &variant.plan.plan;
    let Some((id, configured)) = plan.numbered_offers().find(|(_, found)| found.external_id == offer) else {
        return Ok(Probed::void("offer_not_running"));
    };
    let pos = configured.filters.pos.first().cloned().unwrap_or_default();
    let places = &variant.plan.points_of_sale;
    let zone = places.zone(&pos).or_else(|| places.shared_zone()).cloned().unwrap_or(TimeZone::UTC);
    let now = app.store.now().await?;
    let (instant, at) = open_moment(configured, now, &zone)?;
    let member =
        members::restore(buyer.record, variant.plan.scales()).map_err(|_| Error::damaged("member"))?;
    let member =
        Member { points_available: Points(buyer.points.max(0)), ..member.resolve(&variant.plan, &at) };
    let member = Arc::new(member);
    let terms = terms::of(&variant.plan, (id, configured), &member, buyer.locales);
    let ends_at = configured.filters.period.end.and_then(|end| terms::instant_ms(end, &zone));
    let found = Probed {
        version: configured.version,
        words: terms.words.clone(),
        goods: terms.goods.clone(),
        ends_at,
        ..Probed::void("not_applicable")
    };
    // A public code is anybody's to show; the first one lets in as well as any other.
    let public = configured.filters.coupons.first().map(|code| code.written().to_owned());
    let codes: Vec<String> = buyer.codes.iter().cloned().chain(public).collect();
    let mut outcome = Outcome::Nothing("not_applicable");
    let mut is_exact = false;
    for units in UNITS {
        let basket = basket::of(&variant.plan, configured, &terms.items, buyer, units);
        let mut document = json!({
            "at": instant.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "lines": basket.lines,
            "coupons": codes,
        });
        if !pos.is_empty()
            && let Some(fields) = document.as_object_mut()
        {
            fields.insert("pos".to_owned(), json!(pos));
        }
        outcome = run(app, &variant, &document, &member, id).await?;
        is_exact = basket.is_priced || terms.is_fixed;
        if !matches!(outcome, Outcome::More(_)) {
            break;
        }
    }
    Ok(match outcome {
        Outcome::Paid { discount, points } => Probed {
            void: None,
            discount,
            points,
            is_exact: is_exact && units_do_not_matter(&terms),
            ..found
        },
        // Whoever reads of it can still accept it.
        Outcome::Nothing("not_accepted") => Probed { void: None, ..found },
        Outcome::Nothing(reason) | Outcome::More(reason) => Probed { void: Some(reason), ..found },
    })
}

/// True if there is one kind of goods: the sum over several is nobody's reward.
fn units_do_not_matter(terms: &terms::Terms) -> bool {
    terms.items.len() == 1
}

/// What came of a basket.
enum Outcome {
    Paid {
        discount: i64,
        points: i64,
    },
    /// Nothing, whatever is bought.
    Nothing(&'static str),
    /// Nothing, but perhaps for more.
    More(&'static str),
}

/// The first moment within a week in which the offer holds, from now on; else now.
fn open_moment(offer: &Offer, now: i64, zone: &TimeZone) -> Result<(Timestamp, Moment), Error> {
    let now = Timestamp::from_second(now).map_err(|_| Error::Internal)?;
    let moment = |instant: Timestamp| Some((instant, moment_in(instant, zone)?));
    let later = (0..=HOURS_AHEAD).filter_map(|hours| moment(now.checked_add(hours.hours()).ok()?));
    let open = later.into_iter().find(|(_, at)| offer.filters.is_open_at(at));
    open.or_else(|| moment(now)).ok_or(Error::Internal)
}

/// Prices a basket.
async fn run(
    app: &App,
    variant: &Arc<PlanVariant>,
    document: &Value,
    member: &Arc<Member>,
    id: OfferId,
) -> Result<Outcome, Error> {
    let plan = &variant.plan.plan;
    let request = Request { max_coupons: app.config.coupons.receipt_codes, ..Request::new("promise") };
    let read = match receipt::read(document, &variant.plan, request) {
        Ok(read) => read,
        Err(problems) => {
            tracing::warn!(%problems, "a basket for a promise cannot be priced");
            return Ok(Outcome::Nothing("not_priced"));
        }
    };
    let account = Some(member.id.as_str()).filter(|_| member.state != MemberState::Blocked);
    let now = app.store.now().await?;
    let coupons = ReceiptCoupons::read(app, plan, &read.receipt, account, ("", now)).await?;
    let subjects = limits::Subjects { member: account, coupons: &coupons.read };
    let date = read.receipt.at.local.date();
    let mut usage = limits::Scopes::new(plan, &read.receipt, subjects, date).usage(app, "", now).await?;
    usage.set_coupons(coupons.read);
    let priced = price_in_turn(app, variant, read, member, usage).await?;
    Ok(outcome(&priced, id))
}

async fn price_in_turn(
    app: &App,
    variant: &Arc<PlanVariant>,
    read: ReadReceipt,
    member: &Arc<Member>,
    usage: Usage,
) -> Result<PricedReceipt, Error> {
    let (variant, member) = (Arc::clone(variant), Some(Arc::clone(member)));
    let messages = FilledMessages::default();
    let input = Input { variant, read: Arc::new(read), member, usage, offline: false, messages };
    // Tills go first.
    app.threads.run_piece(move || priced(&input)).await
}

fn outcome(priced: &PricedReceipt, id: OfferId) -> Outcome {
    let rewards = || priced.lines.iter().flat_map(|line| &line.offers).filter(|reward| reward.offer == id);
    let discount = rewards().fold(0_i64, |sum, reward| sum.saturating_add(reward.discount.0));
    let points = rewards().fold(0_i64, |sum, reward| sum.saturating_add(reward.points.0));
    if discount > 0 || points > 0 {
        return Outcome::Paid { discount, points };
    }
    if priced.withheld.iter().any(|withheld| withheld.offer == id) {
        return Outcome::Nothing(NotAppliedReason::ControlGroup.name());
    }
    let reason = priced.not_applied.iter().find(|found| found.offer == id).map(|found| found.reason);
    match reason {
        Some(
            reason @ (NotAppliedReason::ReceiptBelow
            | NotAppliedReason::GoodsMissing
            | NotAppliedReason::NoMatchingLine
            | NotAppliedReason::BelowThreshold
            | NotAppliedReason::NotApplicable
            | NotAppliedReason::NothingLeft),
        ) => Outcome::More(reason.name()),
        Some(reason) => Outcome::Nothing(reason.name()),
        None => Outcome::More("not_applicable"),
    }
}
