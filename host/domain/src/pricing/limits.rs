//! Limits of an offer: checking them, and cutting grants to what they leave.

use super::answer::{NotAppliedReason, Warning};
use super::grant::{Grant, cap_values, total};
use super::refusal::Refusal;
use super::text::amount;
use crate::caseless::folded;
use crate::conditions::per;
use crate::coupon;
use crate::mechanics::Phase;
use crate::member::Member;
use crate::offer::{Limit, LimitKey, Offer, OfferId};
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::usage::Usage;

/// A limit that cuts the grants of an offer.
#[derive(Debug, Clone, Copy)]
pub(super) struct LimitCut {
    /// The total that the offer would give without the limit.
    pub desired: i128,
    pub limit: Limit,
}

impl LimitCut {
    /// True for a limit that counts more than this receipt.
    pub(super) fn is_over_time(&self) -> bool {
        self.limit.per != LimitKey::Receipt
    }

    /// The refusal of an offer if the limit leaves nothing.
    pub(super) fn refusal(&self, plan: &Plan, phase: Phase) -> Refusal {
        let detail = format!("nothing is left of the limit of {}", describe(plan, phase, &self.limit));
        Refusal::new(NotAppliedReason::LimitReached, detail)
    }

    /// The warning for the till if the limit leaves only a part.
    pub(super) fn warning(&self, plan: &Plan, phase: Phase, offer: &str, granted: i64) -> Warning {
        let desired = amount(plan, phase, self.desired);
        let granted = amount(plan, phase, granted);
        let limit = describe(plan, phase, &self.limit);
        let detail = format!(
            "offer {offer}: {desired} desired, {granted} granted: the limit of {limit} leaves no more"
        );
        Warning { code: "limit_partial", detail }
    }
}

/// Checks that the limits can be counted, and that uses are left. An offer that is limited for each
/// member or card is refused without one: nothing could be counted.
pub(super) fn check(
    usage: &Usage,
    id: OfferId,
    offer: &Offer,
    member: Option<&Member>,
    receipt: &Receipt,
) -> Result<(), Refusal> {
    let mut limits = offer.limits.iter().enumerate();
    limits.try_for_each(|limit| check_limit(usage, (id, offer), limit, member, receipt))
}

/// Checks one limit of an offer, with its index.
pub(super) fn check_limit(
    usage: &Usage,
    (id, offer): (OfferId, &Offer),
    (index, limit): (usize, &Limit),
    member: Option<&Member>,
    receipt: &Receipt,
) -> Result<(), Refusal> {
    let has_card = || receipt.identifier.as_ref().is_some_and(|(kind, _)| folded(kind) == "card");
    let uncounted = match limit.per {
        LimitKey::Member if member.is_none() => Some("limited for each member, and none was identified"),
        LimitKey::Card if member.is_none() || !has_card() => {
            Some("limited for each card, and no member's card was presented")
        }
        _ => None,
    };
    if let Some(detail) = uncounted {
        return Err(Refusal::new(NotAppliedReason::NoMember, detail));
    }
    if limit.per == LimitKey::Coupon && coupon::presented(&offer.filters, receipt, usage.coupons()).is_none()
    {
        let detail = "limited for each coupon, and none was presented";
        return Err(Refusal::new(NotAppliedReason::NoCoupon, detail));
    }
    let left = usage.left(id, index, limit);
    if limit.per != LimitKey::Receipt && left.uses.is_some_and(|uses| uses < 1) {
        return Err(Refusal::new(NotAppliedReason::LimitReached, "no uses are left"));
    }
    Ok(())
}

/// Shrinks the grants of an offer in proportion to the tightest of its limits that bind when its turn
/// comes, and drops grants that become 0. Returns that limit if it changed anything.
///
/// Limits of the discount over time cut later, after the cap of the receipt: see [`left_over_time`].
/// Here they count only if they leave nothing, so that the offer claims no lines in vain.
pub(super) fn cap(
    usage: &Usage,
    phase: Phase,
    id: OfferId,
    offer: &Offer,
    grants: &mut Vec<Grant>,
) -> Option<LimitCut> {
    let binds_now = |&(left, limit): &(i64, Limit)| {
        left == 0 || phase == Phase::Accrual || limit.per == LimitKey::Receipt
    };
    let (most, limit) = sums_left(usage, phase, id, offer).filter(binds_now).min_by_key(|(left, _)| *left)?;
    let mut values: Vec<i64> = grants.iter().map(|grant| grant.value).collect();
    let desired = total(values.iter().copied());
    if desired <= i128::from(most) {
        return None;
    }
    cap_values(&mut values, most);
    for (grant, value) in grants.iter_mut().zip(values) {
        grant.value = value;
    }
    grants.retain(|grant| grant.value > 0);
    Some(LimitCut { desired, limit })
}

/// The least sum that limits over time leave an offer in a phase, with its limit; none without such
/// limits.
pub(super) fn left_over_time(
    usage: &Usage,
    phase: Phase,
    id: OfferId,
    offer: &Offer,
) -> Option<(i64, Limit)> {
    sums_left(usage, phase, id, offer)
        .filter(|(_, limit)| limit.per != LimitKey::Receipt)
        .min_by_key(|(left, _)| *left)
}

/// The sums that the limits of an offer leave in a phase, each with its limit.
fn sums_left<'a>(
    usage: &'a Usage,
    phase: Phase,
    id: OfferId,
    offer: &'a Offer,
) -> impl Iterator<Item = (i64, Limit)> + 'a {
    offer.limits.iter().enumerate().filter_map(move |(index, limit)| {
        let left = usage.left(id, index, limit);
        sum_of(phase, &left).map(|left| (left, *limit))
    })
}

/// The maximum of a limit in a phase, in minor units of money or smallest steps of points.
fn sum_of(phase: Phase, limit: &Limit) -> Option<i64> {
    match phase {
        Phase::Discount => limit.money.map(|money| money.0),
        Phase::Accrual => limit.points.map(|points| points.0),
    }
}

/// A limit for people: "500.00 per member and day".
fn describe(plan: &Plan, phase: Phase, limit: &Limit) -> String {
    let most = amount(plan, phase, sum_of(phase, limit).unwrap_or(0));
    format!("{most}{}", per(limit))
}
