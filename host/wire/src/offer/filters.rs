//! Filters: conditions of an offer that the host checks.

use std::collections::BTreeSet;

use domain::mechanics::Unit;
use domain::offer::{Base, ContainsFilter, Filters, MemberState, ReceiptFilter};
use domain::quantities::{Money, Quantity};
use domain::time::Period;
use serde_json::Value;

use super::coupons::{self, PlacedCode};
use super::target::{self, IdSpace};
use super::{Context, item, keys};
use crate::reader::{Node, Object};
use crate::time;

pub(crate) const MEMBER_STATES: [(&str, MemberState); 3] = [
    ("normal", MemberState::Normal),
    ("anonymous", MemberState::Anonymous),
    ("blocked", MemberState::Blocked),
];

const WEEKDAYS: [(&str, u8); 7] =
    [("mon", 1), ("tue", 2), ("wed", 3), ("thu", 4), ("fri", 5), ("sat", 6), ("sun", 7)];

pub(super) fn read(
    filters: &Object<'_, '_>,
    context: &Context<'_>,
    id_space: IdSpace,
) -> (Filters, Vec<PlacedCode>) {
    let (audiences, excluded_audiences) = audiences(filters);
    let codes = coupons::read(filters);
    let read = Filters {
        period: period(filters),
        weekdays: filters.each("weekdays", |day| day.choice(&WEEKDAYS)).into_iter().collect(),
        hours: filters.object("hours").and_then(|hours| self::hours(&hours)),
        pos: filters.each("pos", |field| pos(field, context)),
        audiences,
        excluded_audiences,
        member_states: member_states(filters),
        coupons: codes.iter().map(|(_, code)| code.clone()).collect(),
        // The pools know the offer; it learns of them when a plan is put together.
        coupon_pools: Vec::new(),
        receipt: filters.object("receipt").map(|receipt| self::receipt(&receipt, context)),
        contains: filters.object("contains").map(|contains| self::contains(&contains, context, id_space)),
    };
    keys::refuse_unknown(filters);
    (read, codes)
}

pub(super) fn period(filters: &Object<'_, '_>) -> Period {
    let Some(period) = filters.object("period") else { return Period::default() };
    let read = time::period(&period);
    keys::refuse_unknown(&period);
    read
}

pub(super) fn audiences(filters: &Object<'_, '_>) -> (Vec<String>, Vec<String>) {
    match filters.field("audience") {
        Some(field) if matches!(field.value(), Value::Object(_)) => {
            let Some(audience) = field.object() else { return (Vec::new(), Vec::new()) };
            let lists = (audience.one_or_more_texts("include"), audience.one_or_more_texts("exclude"));
            keys::refuse_unknown(&audience);
            lists
        }
        _ => (filters.one_or_more_texts("audience"), Vec::new()),
    }
}

pub(super) fn member_states(filters: &Object<'_, '_>) -> BTreeSet<MemberState> {
    let one = filters.choice("member_state", &MEMBER_STATES);
    let more = filters.each("member_states", |state| state.choice(&MEMBER_STATES));
    one.into_iter().chain(more).collect()
}

fn pos(field: Node<'_, '_>, context: &Context<'_>) -> Option<String> {
    let id = field.id()?;
    if context.points_of_sale.has_level(&id) {
        return Some(id.into_owned());
    }
    field.refuse("unknown_pos", format!("there is no POS `{id}`, nor one below it"))
}

fn hours(hours: &Object<'_, '_>) -> Option<(u32, u32)> {
    let from = hours.field("from").map_or(Some(0), second_of_day);
    let to = hours.field("to").map_or(Some(SECONDS_A_DAY), last_second_of_day);
    keys::refuse_unknown(hours);
    let (from, to) = (from?, to?);
    if from == to {
        return hours.node().refuse("empty_range", "`from` and `to` are the same time");
    }
    Some((from, to))
}

const SECONDS_A_DAY: u32 = 24 * 3600;

/// An end, with a warning if it leaves out the last minute or second of the day.
fn last_second_of_day(field: Node<'_, '_>) -> Option<u32> {
    let second = second_of_day(field)?;
    if (LAST_MINUTE..SECONDS_A_DAY).contains(&second) {
        field.warn(time::END_MISSES_LAST_MINUTE, "the end is exclusive; write 24:00 for the end of the day");
    }
    Some(second)
}

/// The first second of the last minute of a day.
const LAST_MINUTE: u32 = SECONDS_A_DAY - 60;

/// Seconds since midnight of `HH:MM` or `HH:MM:SS`, up to `24:00`.
fn second_of_day(field: Node<'_, '_>) -> Option<u32> {
    let text = field.text()?;
    let two_digits = |part: &str, most: u32| {
        let number = part.parse().ok().filter(|number: &u32| *number <= most);
        number.filter(|_| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let parsed = || {
        let (hour, rest) = text.split_once(':')?;
        let (minute, second) = rest.split_once(':').unwrap_or((rest, "00"));
        let seconds = two_digits(hour, 24)? * 3600 + two_digits(minute, 59)? * 60 + two_digits(second, 59)?;
        (seconds <= SECONDS_A_DAY).then_some(seconds)
    };
    parsed().or_else(|| field.refuse("not_a_time", format!("`{text}` is not a time of day such as 08:30")))
}

fn receipt(receipt: &Object<'_, '_>, context: &Context<'_>) -> ReceiptFilter {
    let read = ReceiptFilter {
        threshold: item::threshold(receipt, context),
        base: receipt.choice("base", &[("line", Base::Line), ("net", Base::Net)]).unwrap_or(Base::Line),
        units: receipt.measure("units", Unit::Quantity, context.scales).map(Quantity),
    };
    keys::refuse_unknown(receipt);
    read
}

fn contains(contains: &Object<'_, '_>, context: &Context<'_>, id_space: IdSpace) -> ContainsFilter {
    let read = ContainsFilter {
        lines: target::line_set(contains, context, id_space),
        units: contains.measure("units", Unit::Quantity, context.scales).map(Quantity),
        sum: contains.measure("sum", Unit::Money, context.scales).map(Money),
    };
    let names_something = ["products", "categories", "groups"]
        .iter()
        .any(|name| contains.list(name).is_some_and(|list| !list.is_empty()));
    if !names_something {
        contains.node().problem("empty", "`products`, `categories` or `groups` is required");
    }
    keys::refuse_unknown(contains);
    read
}
