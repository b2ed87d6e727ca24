//! Limits of offers that outlive a receipt: the counters that a receipt uses, and the parts that it takes of them.

use std::collections::BTreeSet;

use domain::caseless::folded;
use domain::coupon::{self, PoolCoupon};
use domain::offer::{Limit, LimitKey, LimitPeriod, Offer, OfferId};
use domain::plan::Plan;
use domain::pricing::LimitUse;
use domain::quantities::{Money, Points};
use domain::receipt::Receipt;
use domain::usage::{Usage, Used};
use jiff::civil::Date;
use serde_json::json;
use store::{Counts, Grant, Most};

use crate::error::Error;
use crate::state::App;

/// The counters that a receipt uses.
pub(super) struct Scopes {
    by_limit: Vec<LimitCounter>,
}

/// The counter of one limit.
struct LimitCounter {
    offer: OfferId,
    external_id: String,
    limit_index: usize,
    limit: Limit,
    scope: String,
}

impl Scopes {
    /// The counters of all limited offers of the plan, for the periods that a date is in. A limit by member, card or
    /// coupon has no counter on a receipt without one.
    pub(super) fn new(plan: &Plan, receipt: &Receipt, subjects: Subjects<'_>, date: Date) -> Self {
        let mut by_limit = Vec::new();
        for (offer, configured) in plan.numbered_offers() {
            for (limit_index, limit) in configured.limits.iter().enumerate() {
                if let Some(scope) = scope((configured, limit), receipt, subjects, date) {
                    let external_id = configured.external_id.clone();
                    by_limit.push(LimitCounter { offer, external_id, limit_index, limit: *limit, scope });
                }
            }
        }
        Self { by_limit }
    }

    /// True if no limit outlives this receipt.
    pub(super) fn is_empty(&self) -> bool {
        self.by_limit.is_empty()
    }

    /// The parts that other purchases have taken.
    pub(super) async fn usage(&self, app: &App, purchase_id: &str, now: i64) -> Result<Usage, Error> {
        let mut usage = Usage::default();
        if self.by_limit.is_empty() {
            return Ok(usage);
        }
        let scopes: BTreeSet<&String> = self.by_limit.iter().map(|counter| &counter.scope).collect();
        let scopes: Vec<String> = scopes.into_iter().cloned().collect();
        for taken in app.store.usage(&scopes, purchase_id, now).await? {
            let Counts { uses, money, points } = taken.taken;
            let used = Used { uses, money: Money(money), points: Points(points) };
            let concerned = self
                .by_limit
                .iter()
                .filter(|counter| counter.external_id == taken.offer && counter.scope == taken.scope);
            for counter in concerned {
                usage.insert(counter.offer, counter.limit_index, used);
            }
        }
        Ok(usage)
    }

    /// The parts that a priced receipt takes. Limits with the same counter become one grant, with the tightest limit of
    /// each count.
    pub(super) fn grants(&self, plan: &Plan, taken: &[LimitUse]) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Vec::new();
        for taken in taken {
            let counts = Counts { uses: taken.uses, money: taken.money.0, points: taken.points.0 };
            let Some(offer) = plan.offer(taken.offer) else { continue };
            for counter in self.by_limit.iter().filter(|counter| counter.offer == taken.offer) {
                let most = most(&counter.limit);
                let same =
                    |grant: &&mut Grant| grant.offer == offer.external_id && grant.scope == counter.scope;
                match grants.iter_mut().find(same) {
                    Some(grant) => grant.most = tighter(grant.most, most),
                    None => grants.push(Grant {
                        offer: offer.external_id.clone(),
                        scope: counter.scope.clone(),
                        taken: counts,
                        most,
                    }),
                }
            }
        }
        grants
    }
}

fn most(limit: &Limit) -> Most {
    Most {
        uses: limit.uses,
        money: limit.money.map(|money| money.0),
        points: limit.points.map(|points| points.0),
    }
}

fn tighter(one: Most, other: Most) -> Most {
    let least = |one: Option<i64>, other: Option<i64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Most {
        uses: least(one.uses, other.uses),
        money: least(one.money, other.money),
        points: least(one.points, other.points),
    }
}

/// The subjects of limits that a receipt has besides its POS.
#[derive(Clone, Copy)]
pub(super) struct Subjects<'a> {
    /// Id of the member, if there is one.
    pub member: Option<&'a str>,
    /// The codes of pools on the receipt.
    pub coupons: &'a [PoolCoupon],
}

fn scope(
    (offer, limit): (&Offer, &Limit),
    receipt: &Receipt,
    subjects: Subjects<'_>,
    date: Date,
) -> Option<String> {
    let Subjects { member, coupons } = subjects;
    let subject = match limit.per {
        LimitKey::Receipt => return None,
        LimitKey::Member => member?.to_owned(),
        LimitKey::Card => {
            let (_, card) = receipt.identifier.as_ref().filter(|(kind, _)| folded(kind) == CARD)?;
            folded(card).into_owned()
        }
        LimitKey::Pos => receipt.limits_pos.clone(),
        LimitKey::Coupon => {
            let presented = coupon::presented(&offer.filters, receipt, coupons)?;
            presented.code.folded().to_owned()
        }
        LimitKey::Total => String::new(),
    };
    counter(limit, &subject, date)
}

/// The scope of the counter of a limit on a date; none for a limit of one receipt, which is not counted. The subject is
/// the id of the member, the card or code in the form by which it compares, the POS that limits count by, or empty for
/// all purchases together.
pub fn counter(limit: &Limit, subject: &str, date: Date) -> Option<String> {
    let per = match limit.per {
        LimitKey::Receipt => return None,
        LimitKey::Member => "member",
        LimitKey::Card => CARD,
        LimitKey::Pos => "pos",
        LimitKey::Coupon => "coupon",
        LimitKey::Total => "total",
    };
    let (period, bucket) = bucket(limit.period, date);
    Some(json!([per, subject, period, bucket]).to_string())
}

const CARD: &str = "card";

/// The first characters of the scopes of counters by card.
pub const CARD_SCOPES: &str = "[\"card\",";

/// The scope of a counter by card with the card in the form by which it compares; none if it is so already. Earlier
/// releases counted a card as it was written.
pub fn folded_card_scope(scope: &str) -> Option<String> {
    let (per, card, period, bucket): (String, String, String, String) = serde_json::from_str(scope).ok()?;
    let form = folded(&card);
    (per == CARD && form != card).then(|| json!([per, form, period, bucket]).to_string())
}

/// The first characters of the scopes of a member's own counters.
pub fn scopes_of_member(member: &str) -> String {
    let scope = json!(["member", member]).to_string();
    format!("{},", scope.trim_end_matches(']'))
}

/// The day, ISO week or month of the store's clock.
fn bucket(period: LimitPeriod, date: Date) -> (&'static str, String) {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match period {
        LimitPeriod::Day => ("day", format!("{year:04}-{month:02}-{day:02}")),
        LimitPeriod::Week => ("week", iso_week(date)),
        LimitPeriod::Month => ("month", format!("{year:04}-{month:02}")),
        LimitPeriod::Ever => ("ever", String::new()),
    }
}

fn iso_week(date: Date) -> String {
    let week = date.iso_week_date();
    format!("{:04}-W{:02}", week.year(), week.week())
}
