//! The report in words and numbers, for text and page alike.

use super::arm::Arm;
use super::statistics::Estimate;
use super::stretches::Stretch;
use super::uplift::{Difference, Uplift, fixed};

/// The words of a report that have several meanings elsewhere.
const DEFINITIONS: [(&str, &str); 5] = [
    (
        "revenue",
        "money paid on the receipts that count, after all discounts, less money given back for them until the end \
         of the period. What is paid with points is no revenue",
    ),
    (
        "cost",
        "discount and points that the offer gave to members who get it, less what came back with returns. Points count \
         as what they pay, by the settings of today",
    ),
    (
        "extra revenue",
        "what all members who get the offer brought more than as many members of the control group: before the \
         offer's own discount, and with what was paid with points, since both are in the cost",
    ),
    ("net effect", "extra revenue less cost"),
    (
        "members needed",
        "members of both sides, split as they are, until a difference of this size is told from chance: at the 5 % \
         level, in 80 of 100 comparisons",
    ),
];

/// Explanation of the words of a report about the whole program.
const OF_PROGRAM: [(&str, &str); 3] = [
    ("revenue", DEFINITIONS[0].1),
    (
        "extra revenue",
        "what all members who are written to brought more than as many members of the control group, with what was paid \
         with points. It is what all messages together have brought about, before what they cost",
    ),
    ("members needed", DEFINITIONS[4].1),
];

/// Explanation of the words of a report.
pub(super) fn definitions(uplift: &Uplift) -> Vec<(&'static str, &'static str)> {
    if uplift.offer.is_some() { DEFINITIONS.to_vec() } else { OF_PROGRAM.to_vec() }
}

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
    /// The number of members that are missing for a verdict, in words.
    pub needed: String,
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
    let mut rows = vec![
        row("members", &|arm| arm.conversion.all.to_string()),
        row("buyers", &|arm| arm.conversion.some.to_string()),
        row("conversion", &|arm| {
            let share = arm.conversion.estimate().and_then(Estimate::percent);
            share.map_or(UNKNOWN.to_owned(), |share| format!("{} %", fixed(share.value, 2)))
        }),
        row("receipts", &|arm| arm.receipts.to_string()),
        row("average receipt", &|arm| money(arm.average_receipt.estimate())),
        row("revenue", &|arm| uplift.sum_of_money(arm.revenue.sum()).unwrap_or(UNKNOWN.to_owned())),
        row("revenue per member", &|arm| money(arm.revenue.estimate())),
    ];
    if uplift.offer.is_some() {
        rows.push(row("members it paid", &|arm| arm.fired.to_string()));
        rows.push(row("members it would have paid", &|arm| arm.would_have_fired.to_string()));
    }
    rows
}

/// The difference between them; none if there are too few members.
pub(super) fn changes(uplift: &Uplift) -> Vec<Change> {
    let Some(difference) = uplift.difference() else { return Vec::new() };
    let percent = |number| fixed(number, 2);
    let money = |number| uplift.money(number, 0);
    let currency = &uplift.basis.currency().code;
    let in_percent = |difference: Difference| difference.map(Estimate::percent);
    let size = ["clearly higher", "clearly lower"];
    let effect = ["clearly a gain", "clearly a loss"];
    [
        change("conversion", "percentage points", in_percent(difference.conversion), &percent, size),
        change("revenue per member", currency, difference.revenue, &money, size),
        change("revenue per member", "%", in_percent(difference.revenue_relative), &percent, size),
        change("average receipt", currency, difference.average_receipt, &money, size),
        change("extra revenue", currency, difference.extra_revenue, &money, effect),
        // What messages cost is not known here.
        uplift
            .offer
            .as_ref()
            .and_then(|_| change("net effect", currency, difference.net_effect, &money, effect)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn change(
    name: &'static str,
    unit: &str,
    difference: Difference,
    write: &dyn Fn(rust_decimal::Decimal) -> String,
    [above, below]: [&'static str; 2],
) -> Option<Change> {
    let estimate @ Estimate { value, low, high } = difference.estimate?;
    let signed = |number: rust_decimal::Decimal| {
        let text = write(number);
        if number.is_sign_positive() && !number.is_zero() { format!("+{text}") } else { text }
    };
    let verdict = match estimate.is_clear() {
        true if low.is_sign_positive() => above,
        true => below,
        false => "could be chance",
    };
    let needed = match difference.missing() {
        Some(0) => "enough".to_owned(),
        Some(missing) => format!("{missing} more"),
        None => UNKNOWN.to_owned(),
    };
    Some(Change {
        name,
        value: format!("{} {unit}", signed(value)),
        interval: format!("{} to {}", signed(low), signed(high)),
        verdict,
        needed,
    })
}

/// The cost of the offer in one sentence; none if the report is about the program.
pub(super) fn cost(uplift: &Uplift) -> Option<String> {
    uplift.offer.as_ref()?;
    let (cost, currency) = (uplift.treated.cost, &uplift.basis.currency().code);
    let money = |steps| uplift.sum_of_money(steps).unwrap_or(UNKNOWN.to_owned());
    let points = uplift.sum_of_points(cost.points).unwrap_or(UNKNOWN.to_owned());
    Some(format!(
        "{} {currency}: {} {currency} of discount, and {points} points, which pay {} {currency}",
        money(cost.total()),
        money(cost.discount),
        money(cost.points_worth)
    ))
}

/// Stretches that are named; the report as JSON has all.
const STRETCHES: usize = 5;

/// The offer, the period and the members that the report is about.
pub(super) fn subject(uplift: &Uplift) -> Vec<String> {
    let about = uplift.offer.as_ref();
    let first = if about.is_some() { "the first run" } else { "the beginning" };
    let from = time(uplift.query.since).unwrap_or(first.to_owned());
    let to = time(uplift.query.until).unwrap_or("now".to_owned());
    let group = &uplift.population.control_group;
    let percent = domain::decimal::format_trimmed(i64::from(group.percent.0), 2);
    let mut subject = vec![
        about.map_or("all that is said to members".to_owned(), |offer| {
            format!("offer {}, version {}", offer.external_id, offer.version)
        }),
        format!("receipts from {from} to {to}, in {}", uplift.basis.currency().code),
    ];
    let earlier = uplift.stretches.len().saturating_sub(STRETCHES);
    if earlier > 0 {
        subject.push(format!("counted while it ran: {earlier} earlier stretches of time"));
    }
    subject.extend(uplift.stretches.iter().skip(earlier).map(stretch));
    subject.push(format!("control group of {percent} %, drawn with salt {}", group.salt));
    if !uplift.population.audiences().is_empty() {
        subject.push(format!("members in {}", uplift.population.audiences().join(" or ")));
    }
    if !uplift.population.attribute().is_empty() {
        subject.push(format!("members with attribute {}", uplift.population.attribute()));
    }
    subject.extend(uplift.decisions.words());
    subject
}

fn stretch(stretch: &Stretch) -> String {
    let run = stretch.run;
    let from = time(Some(run.start.1)).unwrap_or_default();
    let to = time(run.end.map(|(_, at)| at)).unwrap_or("now".to_owned());
    let bound = |name: &str| stretch.written_period.get(name).and_then(serde_json::Value::as_str);
    let period = match (bound("start"), bound("end")) {
        (None, None) => String::new(),
        (Some(start), None) => format!(", within its period from {start} on"),
        (None, Some(end)) => format!(", within its period until {end}"),
        (Some(start), Some(end)) => format!(", within its period from {start} to {end}"),
    };
    format!("counted while it ran: from {from} to {to}, version {}{period}", run.version)
}

fn time(seconds: Option<i64>) -> Option<String> {
    let time = jiff::Timestamp::from_second(seconds?).ok()?;
    Some(time.to_string())
}
