//! The report as JSON. Amounts are decimals, conversions percents, their difference percentage points.

use serde_json::{Map, Value, json};

use super::arm::{Arm, Cost};
use super::power::POWER_PERCENT;
use super::statistics::Estimate;
use super::stretches::Stretch;
use super::table::definitions;
use super::uplift::{Difference, Differences, Uplift, fixed};

/// Digits after the point beyond those of the currency, and of percents.
const MORE: u32 = 2;
const PERCENT_PLACES: u32 = 4;

/// Writes the report.
pub fn write(uplift: &Uplift) -> Value {
    let group = &uplift.population.control_group;
    let attribute = Some(uplift.population.attribute()).filter(|name| !name.is_empty());
    let definitions =
        definitions(uplift).into_iter().map(|(name, text)| (name.replace(' ', "_"), json!(text)));
    let difference = uplift.difference();
    let mut document = json!({
        "offer": uplift.offer.as_ref().map(|offer| &offer.external_id),
        "version": uplift.offer.as_ref().map(|offer| offer.version),
        "title": uplift.population.title,
        "since": time(uplift.query.since),
        "until": time(uplift.query.until),
        "counted": {
            "spans": uplift.stretches.iter().map(span).collect::<Vec<_>>(),
            "receipts_left_out": uplift.receipts_left_out(),
        },
        "currency": uplift.basis.currency().code,
        "control_group": {
            "percent": domain::decimal::format_trimmed(i64::from(group.percent.0), 2),
            "salt": group.salt,
        },
        "population": {"audiences": uplift.population.audiences(), "attribute": attribute},
        "treated": arm(uplift, &uplift.treated),
        "control": arm(uplift, &uplift.control),
        "uplift": difference.as_ref().map(|difference| json!({
            "conversion": percent(difference.conversion.estimate),
            "revenue_per_member": money(uplift, difference.revenue.estimate),
            "revenue_per_member_percent": percent(difference.revenue_relative.estimate),
            "average_receipt": money(uplift, difference.average_receipt.estimate),
        })),
        "cost": uplift.offer.is_some().then(|| cost(uplift, uplift.treated.cost)),
        "effect": difference.as_ref().map(|difference| json!({
            "extra_revenue": money(uplift, difference.extra_revenue.estimate),
            "net": uplift.offer.as_ref().and_then(|_| money(uplift, difference.net_effect.estimate)),
        })),
        "members_needed": difference.as_ref().map(needed),
        "confidence_percent": "95",
        "definitions": definitions.collect::<Map<_, _>>(),
        "notes": uplift.notes(),
    });
    let decisions = uplift.decisions.document();
    if let Some(fields) = document.as_object_mut().filter(|_| !decisions.is_empty()) {
        fields.insert("decisions".to_owned(), Value::Array(decisions));
    }
    document
}

fn time(seconds: Option<i64>) -> Option<String> {
    let time = jiff::Timestamp::from_second(seconds?).ok()?;
    Some(time.to_string())
}

fn span(stretch: &Stretch) -> Value {
    let run = stretch.run;
    json!({
        "version": run.version,
        "from": time(Some(run.start.1)),
        "until": time(run.end.map(|(_, at)| at)),
        "period": stretch.written_period,
    })
}

fn arm(uplift: &Uplift, arm: &Arm) -> Value {
    json!({
        "members": arm.conversion.all,
        "buyers": arm.conversion.some,
        "conversion": percent(arm.conversion.estimate()),
        "receipts": arm.receipts,
        "average_receipt": money(uplift, arm.average_receipt.estimate()),
        "revenue": uplift.sum_of_money(arm.revenue.sum()),
        "revenue_per_member": money(uplift, arm.revenue.estimate()),
        "fired_members": arm.fired,
        "would_have_fired_members": arm.would_have_fired,
    })
}

fn cost(uplift: &Uplift, cost: Cost) -> Value {
    json!({
        "discount": uplift.sum_of_money(cost.discount),
        "points": uplift.sum_of_points(cost.points),
        "points_worth": uplift.sum_of_money(cost.points_worth),
        "total": uplift.sum_of_money(cost.total()),
    })
}

fn needed(difference: &Differences) -> Value {
    let of = |difference: Difference| {
        difference.estimate.map(|_| json!({"members": difference.needed, "missing": difference.missing()}))
    };
    json!({
        "power_percent": POWER_PERCENT,
        "conversion": of(difference.conversion),
        "revenue_per_member": of(difference.revenue),
        "average_receipt": of(difference.average_receipt),
        "extra_revenue": of(difference.extra_revenue),
        "net": of(difference.net_effect),
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
