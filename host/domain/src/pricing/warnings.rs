//! Warnings for the till that do not stop the sale.

use std::collections::BTreeSet;

use super::answer::{MechanicReport, Warning};
use crate::member::{Member, PersonalAttribute};
use crate::offer::{MemberState, Terms};
use crate::plan::Plan;
use crate::receipt::Receipt;

/// Warnings about unknown ids on the receipt, and about the member.
pub(super) fn of_receipt(plan: &Plan, receipt: &Receipt, member: Option<&Member>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code: &'static str, detail: String| warnings.push(Warning { code, detail });
    match (member, &receipt.identifier) {
        (None, Some((kind, _))) => warn("unknown_member", format!("no member has this {kind}")),
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
        let codes = plan.offers.iter().flat_map(|offer| &offer.filters.coupons);
        let known: BTreeSet<&str> = codes.map(|code| receipt.compared(code)).collect();
        for coupon in receipt.coupons.iter().filter(|coupon| !known.contains(receipt.compared(coupon))) {
            warn("unknown_coupon", format!("no offer takes coupon {}", coupon.written()));
        }
    }
    if let Some(member) = member {
        of_attributes(plan, member, &mut warn);
    }
    warnings
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
