//! The conditions that the host checks before anything is asked of a mechanic.

use super::super::answer::NotAppliedReason;
use super::super::eligibility::{Counted, weekday};
use super::{CheckedCondition, Finding, Subject};
use crate::caseless::Code;
use crate::conditions::{self, Condition, ConditionKind, joined, names, time_of_day};
use crate::coupon;
use crate::decimal::{format_scaled, format_trimmed};
use crate::offer::{Base, ContainsFilter, Filters, Limit, LimitKey, LimitPeriod, ReceiptFilter};
use crate::time::Bound;

/// Asked for, found, and a clause for people about what was found.
type Compared = (Finding, Finding, String);

/// The conditions of an offer, each by itself.
pub(super) fn checked(subject: &Subject<'_>) -> Vec<CheckedCondition> {
    let mut conditions = conditions::of(subject.calculation.plan, subject.offer);
    add_declined(subject, &mut conditions);
    conditions.iter().map(|condition| check(subject, condition)).collect()
}

/// A member may decline any offer, also one that asks for no answer.
fn add_declined(subject: &Subject<'_>, conditions: &mut Vec<Condition>) {
    let Subject { id, offer, .. } = subject;
    if offer.require_accept || subject.context().check_alone(ConditionKind::Acceptance, *id, offer).is_ok() {
        return;
    }
    let is_later = |condition: &Condition| {
        matches!(condition.kind, ConditionKind::Contains | ConditionKind::Receipt | ConditionKind::Limit(_))
    };
    let place = conditions.iter().position(is_later).unwrap_or(conditions.len());
    let words = "for members who have not declined it".to_owned();
    conditions.insert(place, Condition { kind: ConditionKind::Acceptance, words });
}

fn check(subject: &Subject<'_>, condition: &Condition) -> CheckedCondition {
    let Condition { kind, words } = condition;
    let (expected, found, mut clause) = compared(subject, *kind);
    let refusal = subject.context().check_alone(*kind, subject.id, subject.offer).err();
    if let (ConditionKind::Limit(_), Some(refusal)) = (kind, &refusal)
        && refusal.reason != NotAppliedReason::LimitReached
    {
        // It cannot be counted.
        clause.clone_from(&refusal.detail);
    }
    let start = match kind {
        ConditionKind::Limit(_) => "It gives",
        ConditionKind::MemberState
        | ConditionKind::Audience
        | ConditionKind::ExcludedAudience
        | ConditionKind::Acceptance => "It is",
        _ => "It applies",
    };
    CheckedCondition {
        condition: kind.name(),
        phase: None,
        expected,
        found,
        holds: Some(refusal.is_none()),
        reason: refusal.map(|refusal| refusal.reason.name()),
        detail: format!("{start} {words}; {clause}."),
    }
}

fn compared(subject: &Subject<'_>, kind: ConditionKind) -> Compared {
    let filters = &subject.offer.filters;
    match kind {
        ConditionKind::Coupon => coupons(subject),
        ConditionKind::Period => period(subject),
        ConditionKind::Weekday => weekdays(subject),
        ConditionKind::Hours => hours(subject),
        ConditionKind::Pos => {
            let pos = &subject.calculation.receipt.pos;
            (Finding::texts(&filters.pos), Finding::text(pos), format!("the receipt is from {pos}"))
        }
        ConditionKind::MemberState => member_state(subject),
        ConditionKind::Audience => audiences(subject, &filters.audiences),
        ConditionKind::ExcludedAudience => audiences(subject, &filters.excluded_audiences),
        ConditionKind::Acceptance => acceptance(subject),
        ConditionKind::Contains => match &filters.contains {
            Some(filter) => contains(subject, filter),
            None => nothing(),
        },
        ConditionKind::Receipt => match &filters.receipt {
            Some(filter) => receipt(subject, filter),
            None => nothing(),
        },
        ConditionKind::Limit(index) => match subject.offer.limits.get(index) {
            Some(limit) => of_limit(subject, index, limit),
            None => nothing(),
        },
    }
}

fn nothing() -> Compared {
    (Finding::Nothing, Finding::Nothing, String::new())
}

fn coupons(subject: &Subject<'_>) -> Compared {
    let Filters { coupons, coupon_pools, .. } = &subject.offer.filters;
    let (receipt, usage) = (subject.calculation.receipt, subject.calculation.usage);
    let presented = coupon::presented(&subject.offer.filters, receipt, usage.coupons());
    let sent: Vec<&str> = receipt.coupons.iter().map(Code::written).collect();
    let of_own = usage.coupons().iter().filter(|coupon| coupon_pools.contains(&coupon.pool));
    let refused: Vec<String> =
        of_own.filter_map(|coupon| Some(coupon.refused()?.detail(coupon.code.written()))).collect();
    let clause = match presented {
        Some(presented) => format!("coupon {} lets it in", presented.code.written()),
        None if !refused.is_empty() => refused.join(", "),
        None if sent.is_empty() => "the receipt has no coupon".to_owned(),
        None => format!("the receipt has {}, and none of them lets it in", joined(&sent, " and ")),
    };
    let expected = Finding::fields([
        ("codes", Some(Finding::texts(coupons.iter().map(Code::written)))),
        ("pools", Some(Finding::texts(coupon_pools))),
    ]);
    let found = Finding::fields([
        ("codes", Some(Finding::texts(sent))),
        ("lets_in", presented.map(|presented| Finding::text(presented.code.written()))),
        ("refused", (!refused.is_empty()).then(|| Finding::texts(refused))),
    ]);
    (expected, found, clause)
}

fn period(subject: &Subject<'_>) -> Compared {
    let period = &subject.offer.filters.period;
    let at = subject.calculation.receipt.at.local.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let expected = Finding::fields([("start", period.start.map(bound)), ("end", period.end.map(bound))]);
    let clause = format!("the receipt is of {at}");
    (expected, Finding::text(at), clause)
}

/// A bound as an offer may write it: an end is the first moment that is outside.
fn bound(bound: Bound) -> Finding {
    match bound {
        Bound::Instant(seconds) => Finding::text(
            jiff::Timestamp::from_second(seconds)
                .map_or_else(|_| seconds.to_string(), |time| time.to_string()),
        ),
        Bound::Local(local) => Finding::text(local.to_string()),
    }
}

fn weekdays(subject: &Subject<'_>) -> Compared {
    let short = |day: u8| conditions::weekday(day).chars().take(3).collect::<String>().to_lowercase();
    let filters = &subject.offer.filters;
    let day = weekday(filters, subject.calculation.receipt);
    let expected = Finding::texts(filters.weekdays.iter().map(|day| short(*day)));
    let clause = format!("the receipt counts for {}", conditions::weekday(day));
    (expected, Finding::text(short(day)), clause)
}

fn hours(subject: &Subject<'_>) -> Compared {
    let time = time_of_day(subject.calculation.receipt.at.second_of_day());
    let expected = subject.offer.filters.hours.map(|(from, to)| {
        let side = |seconds: u32| Some(Finding::text(time_of_day(seconds)));
        Finding::fields([("from", side(from)), ("to", side(to))])
    });
    let clause = format!("the receipt is of {time}");
    (Finding::maybe(expected), Finding::text(time), clause)
}

fn member_state(subject: &Subject<'_>) -> Compared {
    let states = &subject.offer.filters.member_states;
    let expected = Finding::texts(states.iter().map(|state| state.name()));
    match subject.member {
        Some(member) => {
            let state = member.state.name();
            (expected, Finding::text(state), format!("the member is {state}"))
        }
        None => (expected, Finding::Nothing, subject.no_member().to_owned()),
    }
}

/// Of a member's audiences only those are found that the condition names: the others are not its business.
fn audiences(subject: &Subject<'_>, named: &[String]) -> Compared {
    let expected = Finding::texts(named);
    let Some(member) = subject.member else {
        return (expected, Finding::Nothing, subject.no_member().to_owned());
    };
    let found: Vec<&String> = named.iter().filter(|name| member.audiences.contains(*name)).collect();
    let clause = match (found.as_slice(), named) {
        ([], [_]) => "the member is not in it".to_owned(),
        ([], _) => "the member is in none of them".to_owned(),
        (found, _) => format!("the member is in {}", joined(found, " and ")),
    };
    (expected, Finding::texts(found), clause)
}

fn acceptance(subject: &Subject<'_>) -> Compared {
    let Some(member) = subject.member else {
        return (Finding::Yes(true), Finding::Nothing, subject.no_member().to_owned());
    };
    let (found, clause) = match member.answers.get(&subject.offer.item_id) {
        Some(true) => (Finding::Yes(true), "the member has accepted it"),
        Some(false) => (Finding::Yes(false), "the member has declined it"),
        None => (Finding::Nothing, "the member has not answered"),
    };
    (Finding::Yes(true), found, clause.to_owned())
}

fn contains(subject: &Subject<'_>, filter: &ContainsFilter) -> Compared {
    let plan = subject.calculation.plan;
    let context = subject.context();
    let (lines, Counted { units, sum }) = context.contained(filter);
    let expected = Finding::fields([
        ("goods", Some(Finding::texts(names(&plan.catalog, &filter.lines)))),
        ("units", filter.units.map(|units| Finding::units(units.0))),
        ("sum", filter.sum.map(|sum| Finding::money(plan, sum.0))),
    ]);
    let positions = lines.iter().map(|line| Finding::Number(line.position.into())).collect();
    let found = Finding::fields([
        ("lines", Some(Finding::List(positions))),
        ("units", Some(Finding::units(units))),
        ("sum", Some(Finding::money(plan, sum))),
    ]);
    let clause = if lines.is_empty() {
        "the receipt has none of them".to_owned()
    } else {
        let sum = format_scaled(sum, plan.currency.exponent);
        format!("the receipt has {} units of them for {sum}", format_trimmed(units, 3))
    };
    (expected, found, clause)
}

fn receipt(subject: &Subject<'_>, filter: &ReceiptFilter) -> Compared {
    let plan = subject.calculation.plan;
    let Counted { units, sum } = Counted::of_receipt(&subject.lines, filter);
    let threshold = filter.threshold;
    let least = |exclusive: bool| {
        let threshold = threshold.filter(|threshold| threshold.exclusive == exclusive)?;
        Some(Finding::money(plan, threshold.sum))
    };
    let expected = Finding::fields([
        ("from", least(false)),
        ("above", least(true)),
        ("base", Some(Finding::text(if filter.base == Base::Net { "net" } else { "line" }))),
        ("units", filter.units.map(|units| Finding::units(units.0))),
    ]);
    let found =
        Finding::fields([("sum", Some(Finding::money(plan, sum))), ("units", Some(Finding::units(units)))]);
    let before = if filter.base == Base::Net { " before discounts" } else { "" };
    let sum = format_scaled(sum, plan.currency.exponent);
    (expected, found, format!("it comes to {sum}{before}, {} units", format_trimmed(units, 3)))
}

fn of_limit(subject: &Subject<'_>, index: usize, limit: &Limit) -> Compared {
    let plan = subject.calculation.plan;
    let taken = subject.calculation.usage.get(subject.id, index);
    let expected = Finding::fields([
        ("per", Some(Finding::text(per(limit.per)))),
        ("period", (limit.per != LimitKey::Receipt).then(|| Finding::text(of_period(limit.period)))),
        ("uses", limit.uses.map(Finding::Number)),
        ("money", limit.money.map(|money| Finding::money(plan, money.0))),
        ("points", limit.points.map(|points| Finding::points(plan, points.0))),
    ]);
    if limit.per == LimitKey::Receipt {
        return (expected, Finding::Nothing, "it counts this receipt alone".to_owned());
    }
    let found = Finding::fields([
        ("uses", Some(Finding::Number(taken.uses))),
        ("money", Some(Finding::money(plan, taken.money.0))),
        ("points", Some(Finding::points(plan, taken.points.0))),
    ]);
    let uses = limit.uses.map(|_| match taken.uses {
        1 => "1 use".to_owned(),
        uses => format!("{uses} uses"),
    });
    let money = limit.money.map(|_| format!("{} off", format_scaled(taken.money.0, plan.currency.exponent)));
    let points =
        limit.points.map(|_| format!("{} points", format_scaled(taken.points.0, plan.points.exponent)));
    let taken: Vec<String> = uses.into_iter().chain(money).chain(points).collect();
    (expected, found, format!("other purchases had taken {}", taken.join(" and ")))
}

fn per(key: LimitKey) -> &'static str {
    match key {
        LimitKey::Receipt => "receipt",
        LimitKey::Member => "member",
        LimitKey::Card => "card",
        LimitKey::Pos => "pos",
        LimitKey::Coupon => "coupon",
        LimitKey::Total => "total",
    }
}

fn of_period(period: LimitPeriod) -> &'static str {
    match period {
        LimitPeriod::Day => "day",
        LimitPeriod::Week => "week",
        LimitPeriod::Month => "month",
        LimitPeriod::Ever => "ever",
    }
}
