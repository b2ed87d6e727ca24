//! The conditions of an offer in words, in the order in which the host checks them.
//!
//! Words are fragments that end a sentence such as "It applies …": "on Saturday and Sunday", "at store-77". Sums, times
//! and ids are those of the offer; dates are on the clock of the store.

pub mod items;
mod language;
mod member;
mod russian;

use jiff::Timestamp;
use jiff::civil::Time;

pub use language::Language;
pub use member::for_member;

use crate::caseless::Code;
use crate::catalog::Catalog;
use crate::decimal::{format_scaled, format_trimmed};
use crate::offer::{
    Base, ContainsFilter, Filters, GoodsSet, Limit, LimitKey, LimitPeriod, Offer, ReceiptFilter,
};
use crate::plan::Plan;
use crate::time::{Bound, Period};

/// The subject of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    /// A coupon that must be presented.
    Coupon,
    /// The period of the offer.
    Period,
    /// The days of the week.
    Weekday,
    /// The hours of the day.
    Hours,
    /// The points of sale.
    Pos,
    /// The states of members.
    MemberState,
    /// The audiences that the member must be in.
    Audience,
    /// The audiences that the member must not be in.
    ExcludedAudience,
    /// The member's answer to the offer.
    Acceptance,
    /// Goods that must be on the receipt.
    Contains,
    /// The least sum and quantity of the receipt.
    Receipt,
    /// The limit with this index among those of the offer.
    Limit(usize),
}

impl ConditionKind {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coupon => "coupon",
            Self::Period => "period",
            Self::Weekday => "weekday",
            Self::Hours => "hours",
            Self::Pos => "pos",
            Self::MemberState => "member_state",
            Self::Audience => "audience",
            Self::ExcludedAudience => "excluded_audience",
            Self::Acceptance => "acceptance",
            Self::Contains => "contains",
            Self::Receipt => "receipt",
            Self::Limit(_) => "limit",
        }
    }
}

/// A condition that an offer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its subject.
    pub kind: ConditionKind,
    /// The words.
    pub words: String,
}

/// The conditions of an offer, in the order in which they are checked.
pub fn of(plan: &Plan, offer: &Offer) -> Vec<Condition> {
    let filters = &offer.filters;
    let mut found: Vec<Condition> = Vec::new();
    let mut add = |kind: ConditionKind, words: Option<String>| {
        found.extend(words.map(|words| Condition { kind, words }));
    };
    add(ConditionKind::Coupon, coupon(filters));
    add(ConditionKind::Period, period(&filters.period));
    add(ConditionKind::Weekday, weekdays(filters));
    add(ConditionKind::Hours, hours(filters));
    add(ConditionKind::Pos, listed("at ", &filters.pos, " or "));
    let states: Vec<&str> = filters.member_states.iter().map(|state| state.name()).collect();
    add(ConditionKind::MemberState, listed("for members who are ", &states, " or "));
    add(ConditionKind::Audience, listed("for members in ", &filters.audiences, " or "));
    add(ConditionKind::ExcludedAudience, listed("not for members in ", &filters.excluded_audiences, " or "));
    let accepted = || "for members who have accepted it".to_owned();
    add(ConditionKind::Acceptance, offer.require_accept.then(accepted));
    add(ConditionKind::Contains, filters.contains.as_ref().map(|contains| goods(plan, contains)));
    add(ConditionKind::Receipt, filters.receipt.as_ref().and_then(|asked| receipt(plan, asked)));
    for (index, one) in offer.limits.iter().enumerate() {
        add(ConditionKind::Limit(index), Some(limit(plan, one)));
    }
    found
}

fn coupon(filters: &Filters) -> Option<String> {
    let codes: Vec<&str> = filters.coupons.iter().map(Code::written).collect();
    let codes = listed("with coupon ", &codes, " or ");
    let pools = listed("a code of ", &filters.coupon_pools, " or ");
    match (codes, pools) {
        (Some(codes), Some(pools)) => Some(format!("{codes}, or {pools}")),
        (Some(codes), None) => Some(codes),
        (None, Some(pools)) => Some(format!("with {pools}")),
        (None, None) => None,
    }
}

/// A period in words: "from 2026-11-01 through 2026-11-30"; none if it is open at both ends.
pub fn period(period: &Period) -> Option<String> {
    let start = period.start.map(|start| format!("from {}", bound(start)));
    let end = period.end.map(|end| match end {
        // The end of a whole day is the midnight after it.
        Bound::Local(end) if end.time() == Time::midnight() => match end.date().yesterday() {
            Ok(last) => format!("through {last}"),
            Err(_) => format!("until {}", bound(Bound::Local(end))),
        },
        end => format!("until {}", bound(end)),
    });
    match (start, end) {
        (None, None) => None,
        (start, end) => Some(start.into_iter().chain(end).collect::<Vec<_>>().join(" ")),
    }
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Instant(seconds) => {
            Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
        }
        Bound::Local(local) if local.time() == Time::midnight() => local.date().to_string(),
        Bound::Local(local) => local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

fn weekdays(filters: &Filters) -> Option<String> {
    let days: Vec<&str> = filters.weekdays.iter().map(|day| weekday(*day)).collect();
    listed("on ", &days, " and ")
}

/// The name of an ISO day of the week: 1 is Monday.
pub fn weekday(day: u8) -> &'static str {
    match day {
        1 => "Monday",
        2 => "Tuesday",
        3 => "Wednesday",
        4 => "Thursday",
        5 => "Friday",
        6 => "Saturday",
        _ => "Sunday",
    }
}

fn hours(filters: &Filters) -> Option<String> {
    let (from, to) = filters.hours?;
    Some(format!("from {} until {}", time_of_day(from), time_of_day(to)))
}

/// Seconds since midnight as a time of day: 08:00, or 08:00:30.
pub fn time_of_day(seconds: u32) -> String {
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

fn goods(plan: &Plan, filter: &ContainsFilter) -> String {
    let ContainsFilter { lines, units, sum } = filter;
    let units = units.map(|units| format!("{} units", format_trimmed(units.0, 3)));
    let sum = sum.map(|sum| format_scaled(sum.0, plan.currency.exponent));
    let least: Vec<String> = units.into_iter().chain(sum).collect();
    let names = names(&plan.catalog, lines);
    let goods = joined(&names, " or ");
    if least.is_empty() {
        format!("with {goods} on the receipt")
    } else {
        format!("with at least {} of {goods} on the receipt", least.join(" and "))
    }
}

/// The names of goods, categories and groups; the code of one that has no name.
pub fn names(catalog: &Catalog, set: &GoodsSet) -> Vec<String> {
    let named = |name: &str, code: &str| if name.is_empty() { code.to_owned() } else { name.to_owned() };
    let products = set.products.iter().filter_map(|id| catalog.product(*id));
    let categories = set.categories.iter().filter_map(|id| catalog.category(*id));
    let groups = set.groups.iter().filter_map(|id| catalog.group(*id));
    products
        .map(|product| named(&product.name, &product.code))
        .chain(categories.map(|category| named(&category.name, &category.code)))
        .chain(groups.map(|group| named(&group.name, &group.code)))
        .collect()
}

fn receipt(plan: &Plan, filter: &ReceiptFilter) -> Option<String> {
    let sum = filter.threshold.map(|threshold| {
        let word = if threshold.exclusive { "more than" } else { "at least" };
        let after = if filter.base == Base::Net { " after discounts" } else { "" };
        format!("{word} {}{after}", format_scaled(threshold.sum, plan.currency.exponent))
    });
    let units = filter.units.map(|units| format!("at least {} units", format_trimmed(units.0, 3)));
    let parts: Vec<String> = sum.into_iter().chain(units).collect();
    (!parts.is_empty()).then(|| format!("on a receipt of {}", parts.join(" and ")))
}

/// A limit in words: "at most 1 use and 500.00 off per member and day".
pub fn limit(plan: &Plan, limit: &Limit) -> String {
    let uses = limit.uses.map(|uses| if uses == 1 { "1 use".to_owned() } else { format!("{uses} uses") });
    let money = limit.money.map(|money| format!("{} off", format_scaled(money.0, plan.currency.exponent)));
    let points =
        limit.points.map(|points| format!("{} points", format_scaled(points.0, plan.points.exponent)));
    let most: Vec<String> = uses.into_iter().chain(money).chain(points).collect();
    if most.is_empty() {
        return format!("any number of times{}", per(limit));
    }
    format!("at most {}{}", most.join(" and "), per(limit))
}

/// The end of a limit's sentence, with a space before it: " per member and day".
pub(crate) fn per(limit: &Limit) -> String {
    let subject = match limit.per {
        LimitKey::Receipt => return " per receipt".to_owned(),
        LimitKey::Member => Some("member"),
        LimitKey::Card => Some("card"),
        LimitKey::Pos => Some("point of sale"),
        LimitKey::Coupon => Some("coupon"),
        LimitKey::Total => None,
    };
    let period = match limit.period {
        LimitPeriod::Day => Some("day"),
        LimitPeriod::Week => Some("week"),
        LimitPeriod::Month => Some("month"),
        LimitPeriod::Ever => None,
    };
    match (subject, period) {
        (Some(subject), Some(period)) => format!(" per {subject} and {period}"),
        (Some(one), None) | (None, Some(one)) => format!(" per {one}"),
        (None, None) => " in all".to_owned(),
    }
}

/// A list with its first words; none if it is empty.
fn listed<T: AsRef<str>>(start: &str, items: &[T], last: &str) -> Option<String> {
    (!items.is_empty()).then(|| format!("{start}{}", joined(items, last)))
}

/// A list in words: "a, b or c".
pub fn joined<T: AsRef<str>>(items: &[T], last: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., end] => format!("{}{last}{end}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_name_their_last_day() {
        let day = |year, month, day| Bound::Local(date(year, month, day).at(0, 0, 0, 0));
        for (start, end, expected) in [
            (None, None, None),
            (Some(day(2026, 11, 1)), Some(day(2026, 12, 1)), Some("from 2026-11-01 through 2026-11-30")),
            (None, Some(Bound::Local(date(2026, 12, 1).at(18, 30, 0, 0))), Some("until 2026-12-01 18:30:00")),
            (Some(Bound::Instant(1_800_000_000)), None, Some("from 2027-01-15T08:00:00Z")),
        ] {
            assert_eq!(period(&Period { start, end }).as_deref(), expected);
        }
    }

    #[test]
    fn lists_read_as_people_write_them() {
        assert_eq!(joined::<&str>(&[], " or "), "");
        assert_eq!(joined(&["a"], " or "), "a");
        assert_eq!(joined(&["a", "b", "c"], " or "), "a, b or c");
        assert_eq!((time_of_day(0), time_of_day(30_630)), ("00:00".to_owned(), "08:30:30".to_owned()));
    }
}
