//! The report as JSON. Amounts are decimals, conversions percents, their difference percentage points.

use serde_json::{Value, json};

use super::arm::Arm;
use super::statistics::Estimate;
use super::uplift::{Uplift, fixed};

/// Digits after the point beyond those of the currency, and of percents.
const MORE: u32 = 2;
const PERCENT_PLACES: u32 = 4;

/// Writes the report.
pub fn write(uplift: &Uplift) -> Value {
    let time = |seconds: Option<i64>| {
        seconds.and_then(|at| jiff::Timestamp::from_second(at).ok()).map(|time| time.to_string())
    };
    let group = &uplift.population.control_group;
    let attribute = Some(uplift.population.attribute()).filter(|name| !name.is_empty());
    json!({
        "offer": uplift.offer.external_id,
        "version": uplift.offer.version,
        "title": uplift.population.title,
        "since": time(uplift.query.since),
        "until": time(uplift.query.until),
        "currency": uplift.query.currency,
        "control_group": {
            "percent": domain::decimal::format_trimmed(i64::from(group.percent.0), 2),
            "salt": group.salt,
        },
        "population": {"audiences": uplift.population.audiences(), "attribute": attribute},
        "treated": arm(uplift, &uplift.treated),
        "control": arm(uplift, &uplift.control),
        "uplift": uplift.difference().map(|difference| json!({
            "conversion": percent(difference.conversion),
            "revenue_per_member": money(uplift, difference.revenue),
            "revenue_per_member_percent": percent(difference.revenue_relative),
            "average_receipt": money(uplift, difference.average_receipt),
        })),
        "confidence_percent": "95",
        "notes": uplift.notes(),
    })
}

fn arm(uplift: &Uplift, arm: &Arm) -> Value {
    let revenue = rust_decimal::Decimal::try_from_i128_with_scale(arm.revenue.sum(), 0);
    json!({
        "members": arm.conversion.all,
        "buyers": arm.conversion.some,
        "conversion": percent(arm.conversion.estimate()),
        "receipts": arm.receipts,
        "average_receipt": money(uplift, arm.average_receipt.estimate()),
        "revenue": revenue.ok().map(|sum| uplift.money(sum, 0)),
        "revenue_per_member": money(uplift, arm.revenue.estimate()),
        "fired_members": arm.fired,
        "would_have_fired_members": arm.would_have_fired,
    })
}

fn money(uplift: &Uplift, estimate: Option<Estimate>) -> Option<Value> {
    estimate.map(|estimate| interval(estimate, |number| uplift.money(number, MORE)))
}

fn percent(estimate: Option<Estimate>) -> Option<Value> {
    Some(interval(estimate?.percent()?, |number| fixed(number, PERCENT_PLACES)))
}

fn interval(estimate: Estimate, write: impl Fn(rust_decimal::Decimal) -> String) -> Value {
    json!({"value": write(estimate.value), "low": write(estimate.low), "high": write(estimate.high)})
}
