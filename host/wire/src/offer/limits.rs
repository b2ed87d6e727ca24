//! Limits and the control group of an offer.

use domain::mechanics::Unit;
use domain::offer::{ControlGroup, Limit, LimitKey, LimitPeriod};
use domain::quantities::{Money, Percent, Points};

use super::keys;
use crate::reader::{Node, Object, Scales};

const KEYS: [(&str, LimitKey); 6] = [
    ("receipt", LimitKey::Receipt),
    ("member", LimitKey::Member),
    ("card", LimitKey::Card),
    ("pos", LimitKey::Pos),
    ("coupon", LimitKey::Coupon),
    ("total", LimitKey::Total),
];

const PERIODS: [(&str, LimitPeriod); 4] = [
    ("day", LimitPeriod::Day),
    ("week", LimitPeriod::Week),
    ("month", LimitPeriod::Month),
    ("ever", LimitPeriod::Ever),
];

const MOST_IN_CONTROL: Percent = Percent(5_000);

/// The names of what a limit is counted by, and in.
pub fn names(limit: &Limit) -> (&'static str, &'static str) {
    let per = KEYS.iter().find(|(_, key)| *key == limit.per).map_or("", |(name, _)| *name);
    let period = PERIODS.iter().find(|(_, period)| *period == limit.period).map_or("", |(name, _)| *name);
    (per, period)
}

pub(super) fn read(node: Node<'_, '_>, scales: Scales) -> Option<Limit> {
    let limit = node.object()?;
    let per = limit.required("per").and_then(|field| field.choice(&KEYS));
    let period = limit.choice("period", &PERIODS).unwrap_or(LimitPeriod::Ever);
    let uses = limit.measure("uses", Unit::Count, scales);
    let money = limit.measure("money", Unit::Money, scales).map(Money);
    let points = limit.measure("points", Unit::Points, scales).map(Points);
    let limits_something = ["uses", "money", "points"].iter().any(|name| limit.field(name).is_some());
    if !limits_something {
        node.problem("missing_field", "a limit needs `uses`, `money` or `points`");
    }
    keys::refuse_unknown(&limit);
    Some(Limit { per: per?, period, uses, money, points })
}

/// Reads a control group. The default of `salt` is the offer's id, so that each offer has other members
/// in its control group.
pub(super) fn control_group(group: &Object<'_, '_>, external_id: &str) -> Option<ControlGroup> {
    let percent = group.required("percent").and_then(|field| {
        let percent = field.percent()?;
        if percent <= MOST_IN_CONTROL {
            return Some(percent);
        }
        field.refuse("out_of_range", "must be at most 50 percent")
    });
    let salt = group.text("salt").unwrap_or(external_id).to_owned();
    keys::refuse_unknown(group);
    Some(ControlGroup { percent: percent?, salt })
}
