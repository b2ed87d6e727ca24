//! The conditions in Russian, as members read them.

use super::{Condition, ConditionKind, joined, names, time_of_day};
use crate::decimal::{format_scaled, format_trimmed};
use crate::offer::{Base, ContainsFilter, Filters, Limit, LimitKey, LimitPeriod, Offer, ReceiptFilter};
use crate::plan::Plan;

const OR: &str = " или ";
const AND: &str = " и ";

/// The conditions that a member may read, in the order in which they are checked.
pub(super) fn of(plan: &Plan, offer: &Offer) -> Vec<Condition> {
    let filters = &offer.filters;
    let found = [
        (ConditionKind::Coupon, filters.needs_coupon().then(|| "с купоном".to_owned())),
        (ConditionKind::Weekday, weekdays(filters)),
        (ConditionKind::Hours, hours(filters)),
        (ConditionKind::Pos, pos(filters)),
        (ConditionKind::Acceptance, offer.require_accept.then(|| "после согласия участника".to_owned())),
        (ConditionKind::Contains, filters.contains.as_ref().map(|contains| goods(plan, contains))),
        (ConditionKind::Receipt, filters.receipt.as_ref().and_then(|asked| receipt(plan, asked))),
    ];
    let limits = offer.limits.iter().enumerate();
    let limits = limits.map(|(index, one)| (ConditionKind::Limit(index), limit(plan, one)));
    let condition = |(kind, words): (ConditionKind, Option<String>)| Some(Condition { kind, words: words? });
    found.into_iter().chain(limits).filter_map(condition).collect()
}

fn weekdays(filters: &Filters) -> Option<String> {
    let name = |day: &u8| match day {
        1 => "понедельник",
        2 => "вторник",
        3 => "среда",
        4 => "четверг",
        5 => "пятница",
        6 => "суббота",
        _ => "воскресенье",
    };
    let days: Vec<&str> = filters.weekdays.iter().map(name).collect();
    (!days.is_empty()).then(|| format!("дни недели: {}", joined(&days, AND)))
}

fn hours(filters: &Filters) -> Option<String> {
    let (from, to) = filters.hours?;
    Some(format!("с {} до {}", time_of_day(from), time_of_day(to)))
}

fn pos(filters: &Filters) -> Option<String> {
    (!filters.pos.is_empty()).then(|| format!("где: {}", joined(&filters.pos, OR)))
}

fn goods(plan: &Plan, filter: &ContainsFilter) -> String {
    let ContainsFilter { lines, units, sum } = filter;
    let units = units.map(|units| format!("не менее {} шт.", format_trimmed(units.0, 3)));
    let sum = sum.map(|sum| format!("на сумму от {}", format_scaled(sum.0, plan.currency.exponent)));
    let least: Vec<String> = units.into_iter().chain(sum).collect();
    let goods = joined(&names(&plan.catalog, lines), OR);
    if least.is_empty() {
        format!("если в чеке есть {goods}")
    } else {
        format!("если в чеке есть {goods}, {}", least.join(AND))
    }
}

fn receipt(plan: &Plan, filter: &ReceiptFilter) -> Option<String> {
    let sum = filter.threshold.map(|threshold| {
        let word = if threshold.exclusive { "более" } else { "от" };
        let after = if filter.base == Base::Net { " после скидок" } else { "" };
        format!("при сумме чека {word} {}{after}", format_scaled(threshold.sum, plan.currency.exponent))
    });
    let units = filter.units.map(|units| format!("если в чеке не менее {} шт.", format_trimmed(units.0, 3)));
    let parts: Vec<String> = sum.into_iter().chain(units).collect();
    (!parts.is_empty()).then(|| parts.join(AND))
}

fn limit(plan: &Plan, limit: &Limit) -> Option<String> {
    let uses = limit.uses.map(times);
    let money = limit.money.map(|money| format!("{} скидки", format_scaled(money.0, plan.currency.exponent)));
    let points =
        limit.points.map(|points| format!("{} баллов", format_scaled(points.0, plan.points.exponent)));
    let most: Vec<String> = uses.into_iter().chain(money).chain(points).collect();
    (!most.is_empty()).then(|| format!("не более {}{}", most.join(AND), per(limit)))
}

/// A number of times in the genitive case: "1 раза", "5 раз", "21 раза".
fn times(number: i64) -> String {
    let one = number % 10 == 1 && number % 100 != 11;
    format!("{number} {}", if one { "раза" } else { "раз" })
}

fn per(limit: &Limit) -> String {
    let subject = match limit.per {
        LimitKey::Receipt => return " на чек".to_owned(),
        LimitKey::Member => " на участника",
        LimitKey::Card => " на карту",
        LimitKey::Pos => " на точку продаж",
        LimitKey::Coupon => " на купон",
        LimitKey::Total => "",
    };
    let period = match limit.period {
        LimitPeriod::Day => " в день",
        LimitPeriod::Week => " в неделю",
        LimitPeriod::Month => " в месяц",
        LimitPeriod::Ever => " за всё время",
    };
    format!("{subject}{period}")
}
