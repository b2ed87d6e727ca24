//! The report in words and numbers, for text and page alike.

use super::arm::Arm;
use super::statistics::Estimate;
use super::uplift::{Uplift, fixed};

/// One number of both sides.
pub(super) struct Row {
    pub name: &'static str,
    pub treated: String,
    pub control: String,
}

/// One number of the difference.
pub(super) struct Change {
    pub name: &'static str,
    pub value: String,
    /// From and to.
    pub interval: String,
    pub verdict: &'static str,
}

const UNKNOWN: &str = "–";

/// Both sides.
pub(super) fn rows(uplift: &Uplift) -> Vec<Row> {
    let row = |name, value: &dyn Fn(&Arm) -> String| Row {
        name,
        treated: value(&uplift.treated),
        control: value(&uplift.control),
    };
    let money = |estimate: Option<Estimate>| {
        estimate.map_or(UNKNOWN.to_owned(), |found| uplift.money(found.value, 0))
    };
    vec![
        row("members", &|arm| arm.conversion.all.to_string()),
        row("buyers", &|arm| arm.conversion.some.to_string()),
        row("conversion", &|arm| {
            let share = arm.conversion.estimate().and_then(Estimate::percent);
            share.map_or(UNKNOWN.to_owned(), |share| format!("{} %", fixed(share.value, 2)))
        }),
        row("receipts", &|arm| arm.receipts.to_string()),
        row("average receipt", &|arm| money(arm.average_receipt.estimate())),
        row("revenue", &|arm| {
            let sum = rust_decimal::Decimal::try_from_i128_with_scale(arm.revenue.sum(), 0);
            sum.map_or(UNKNOWN.to_owned(), |sum| uplift.money(sum, 0))
        }),
        row("revenue per member", &|arm| money(arm.revenue.estimate())),
        row("members it paid", &|arm| arm.fired.to_string()),
        row("members it would have paid", &|arm| arm.would_have_fired.to_string()),
    ]
}

/// The difference between them; none if there are too few members.
pub(super) fn changes(uplift: &Uplift) -> Vec<Change> {
    let Some(difference) = uplift.difference() else { return Vec::new() };
    let percent = |number| fixed(number, 2);
    let money = |number| uplift.money(number, 0);
    let relative = difference.revenue_relative.and_then(Estimate::percent);
    [
        change(
            "conversion",
            "percentage points",
            difference.conversion.and_then(Estimate::percent),
            &percent,
        ),
        change("revenue per member", &uplift.query.currency, difference.revenue, &money),
        change("revenue per member", "%", relative, &percent),
        change("average receipt", &uplift.query.currency, difference.average_receipt, &money),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn change(
    name: &'static str,
    unit: &str,
    estimate: Option<Estimate>,
    write: &dyn Fn(rust_decimal::Decimal) -> String,
) -> Option<Change> {
    let Estimate { value, low, high } = estimate?;
    let signed = |number: rust_decimal::Decimal| {
        let text = write(number);
        if number.is_sign_positive() && !number.is_zero() { format!("+{text}") } else { text }
    };
    let verdict = if low.is_sign_positive() && !low.is_zero() {
        "clearly higher"
    } else if high.is_sign_negative() {
        "clearly lower"
    } else {
        "could be chance"
    };
    Some(Change {
        name,
        value: format!("{} {unit}", signed(value)),
        interval: format!("{} to {}", signed(low), signed(high)),
        verdict,
    })
}

/// The offer, the period and the members that the report is about.
pub(super) fn subject(uplift: &Uplift) -> Vec<String> {
    let time = |seconds: Option<i64>| seconds.and_then(|at| jiff::Timestamp::from_second(at).ok());
    let from = time(uplift.query.since).map_or("the first receipt".to_owned(), |time| time.to_string());
    let to = time(uplift.query.until).map_or("now".to_owned(), |time| time.to_string());
    let group = &uplift.population.control_group;
    let percent = domain::decimal::format_trimmed(i64::from(group.percent.0), 2);
    let mut subject = vec![
        format!("offer {}, version {}", uplift.offer.external_id, uplift.offer.version),
        format!("receipts from {from} to {to}, in {}", uplift.query.currency),
        format!("control group of {percent} %, drawn with salt {}", group.salt),
    ];
    if !uplift.population.audiences().is_empty() {
        subject.push(format!("members in {}", uplift.population.audiences().join(" or ")));
    }
    if !uplift.population.attribute().is_empty() {
        subject.push(format!("members with attribute {}", uplift.population.attribute()));
    }
    subject
}
