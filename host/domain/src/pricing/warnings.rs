//! Warnings for the till that do not stop the sale.

use std::collections::BTreeSet;

use super::answer::{MechanicReport, Warning};
use crate::coupon::{self, CouponRefusal, PoolCoupon};
use crate::member::{Member, PersonalAttribute};
use crate::offer::{MemberState, Terms};
use crate::plan::Plan;
use crate::receipt::Receipt;

/// Warnings about unknown ids on the receipt, and about the member.
pub(super) fn of_receipt(
    plan: &Plan,
    receipt: &Receipt,
    member: Option<&Member>,
    of_pools: &[PoolCoupon],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code: &'static str, detail: String| warnings.push(Warning { code, detail });
    match (member, &receipt.identifier) {
        (None, Some((kind, _))) => warn("unknown_member", unknown_member(kind, receipt.names_kind)),
        (Some(member), _) if member.state == MemberState::Blocked => {
            warn("member_blocked", format!("member {} is blocked", member.id));
        }
        _ => {}
    }
    if !receipt.pos_known {
        warn("unknown_pos", format!("no point of sale {} in the catalogue", receipt.pos));
    }
    for line in &receipt.lines {
        if line.product.is_none() {
            let detail = format!("line {}: no product {} in the catalogue", line.position, line.goods_id);
            warn("unknown_goods", detail);
        }
    }
    if !receipt.coupons.is_empty() {
        of_coupons(plan, receipt, of_pools, &mut warn);
    }
    if let Some(member) = member {
        of_attributes(plan, member, &mut warn);
    }
    warnings
}

/// A member that is not found by an identifier of this kind. Most kinds are things that a member has, as a card; a
/// receipt may give any.
fn unknown_member(kind: &str, names_kind: bool) -> String {
    if names_kind && (kind == "member" || kind == "id") {
        return format!(
            "no member has an identifier of the kind `{kind}` with this value; members are found by card, phone and \
             their other identifiers, not by their id"
        );
    }
    format!("no member has this {kind}")
}

fn of_coupons(
    plan: &Plan,
    receipt: &Receipt,
    of_pools: &[PoolCoupon],
    warn: &mut impl FnMut(&'static str, String),
) {
    let public = plan.offers.iter().flat_map(|offer| &offer.filters.coupons);
    let public: BTreeSet<&str> = public.map(|code| receipt.compared(code)).collect();
    for code in receipt.coupons.iter().filter(|code| !public.contains(receipt.compared(code))) {
        let coupon = of_pools.iter().find(|coupon| coupon.code == *code);
        // Another spelling of a code that was looked at already.
        if coupon.is_some_and(|coupon| coupon.code.written() != code.written()) {
            continue;
        }
        let owner = coupon.and_then(|coupon| {
            plan.offers.iter().find(|offer| offer.filters.coupon_pools.contains(&coupon.pool))
        });
        let (Some(coupon), Some(owner)) = (coupon, owner) else {
            match coupon.and_then(|coupon| coupon.refusal) {
                Some(refusal @ CouponRefusal::OfferNotRunning) => {
                    warn(refusal.name(), refusal.detail(code.written()));
                }
                _ => warn("unknown_coupon", format!("no offer takes coupon {}", code.written())),
            }
            continue;
        };
        if let Some(refusal) = coupon.refused() {
            warn(refusal.name(), refusal.detail(code.written()));
            continue;
        }
        let taken = coupon::presented(&owner.filters, receipt, of_pools);
        if let Some(taken) = taken.filter(|taken| taken.code != code) {
            let (code, taken, offer) = (code.written(), taken.code.written(), &owner.external_id);
            let detail = format!("coupon {code} is not used: offer {offer} has coupon {taken} already");
            warn("coupon_not_needed", detail);
        }
    }
}

fn of_attributes(plan: &Plan, member: &Member, warn: &mut impl FnMut(&'static str, String)) {
    let used: BTreeSet<&str> = plan
        .offers
        .iter()
        .filter_map(|offer| match &offer.terms {
            Terms::Attribute(name) => Some(name.as_str()),
            Terms::Configured(_) => None,
        })
        .collect();
    for name in used {
        match member.personal.get(name) {
            Some(PersonalAttribute::Malformed(problem)) => {
                warn("malformed_attribute", format!("attribute {name} is ignored: {problem}"));
            }
            Some(PersonalAttribute::Terms(terms)) => {
                for problem in &terms.bad_decisions {
                    warn("bad_decision", format!("attribute {name}: {problem}"));
                }
                for (_, target) in &terms.unknown_targets {
                    warn(
                        "unknown_target",
                        format!("attribute {name} names {target}, which the catalogue does not know"),
                    );
                }
            }
            None => {}
        }
    }
}

/// Warnings about mechanics that failed.
pub(super) fn of_mechanics<'a>(
    plan: &'a Plan,
    reports: &'a [MechanicReport],
) -> impl Iterator<Item = Warning> + 'a {
    reports.iter().filter_map(|report| {
        let detail = report.detail.as_ref()?;
        let name = plan.mechanic(report.mechanic).map_or("unknown", |mechanic| mechanic.name.as_str());
        Some(Warning {
            code: "mechanic_failed",
            detail: format!("mechanic {name}: {}: {detail}", report.outcome.name()),
        })
    })
}
