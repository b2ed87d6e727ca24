//! The items of an offer in words: the size of the reward, and what it depends on.

use super::Language;
use crate::decimal::{format_scaled, format_trimmed};
use crate::mechanics::{Benefit, ParameterPlace, Phase, Pick};
use crate::offer::{Item, Offer};
use crate::plan::Plan;
use crate::quantities::Quantity;

/// The parameter of mechanics that count sets: units of a set.
const SET_UNITS: &str = "set_units";

/// The size of the reward: "15 %", "5.00 EUR", "50 points".
pub fn value(plan: &Plan, item: &Item, language: Language) -> String {
    match item.benefit {
        Benefit::Percent(percent) => format!("{} %", format_trimmed(i64::from(percent.0), 2)),
        Benefit::UnitPrice(sum) => money(plan, sum),
        Benefit::Amount(sum) | Benefit::AmountPerUnit(sum) | Benefit::AmountPerLine(sum) => match item.reward
        {
            Phase::Discount => money(plan, sum),
            Phase::Accrual => points(plan, sum, language),
        },
    }
}

/// The conditions and limits of an item, in the order in which they are looked at.
pub fn of(plan: &Plan, offer: &Offer, item: &Item, language: Language) -> Vec<String> {
    let words = [least_sums(plan, item, language), rewarded_units(plan, offer, item, language)];
    let cap = item.limits.cap.map(|most| {
        let most = match item.reward {
            Phase::Discount => money(plan, most),
            Phase::Accrual => points(plan, most, language),
        };
        format!("{} {most}", language.pick("at most", "не более"))
    });
    words.into_iter().flatten().chain(cap).collect()
}

/// The least sums and quantities on the lines of an item, and the prices of those lines.
fn least_sums(plan: &Plan, item: &Item, language: Language) -> Vec<String> {
    let sum = |sum: i64| format_scaled(sum, plan.currency.exponent);
    let from_sum = |least: i64| format!("{} {}", language.pick("from a sum of", "от суммы"), sum(least));
    let threshold = item.threshold.map(|threshold| match threshold.exclusive {
        false => from_sum(threshold.sum),
        true => format!("{} {}", language.pick("above a sum of", "свыше суммы"), sum(threshold.sum)),
    });
    let units = item.min_units.map(|least| units(least.0, language.pick("from", "от"), language));
    let min_sum = item.min_sum.map(|least| from_sum(least.0));
    let prices = item.unit_price.and_then(|(from, to)| {
        let from = from.map(|from| format!("{} {}", language.pick("from", "от"), sum(from.0)));
        let to = to.map(|to| format!("{} {}", language.pick("to", "до"), sum(to.0)));
        let range = from.into_iter().chain(to).collect::<Vec<_>>().join(" ");
        let start = language.pick("on goods with a list price", "для товаров по цене");
        (!range.is_empty()).then(|| format!("{start} {range}"))
    });
    [threshold, units, min_sum, prices].into_iter().flatten().collect()
}

/// The units of its lines that an item rewards.
fn rewarded_units(plan: &Plan, offer: &Offer, item: &Item, language: Language) -> Vec<String> {
    let set = item.limits.unit_multiple.or_else(|| set_units(plan, offer, item));
    let set = set.map(|set| units(set, language.pick("on whole sets of", "за каждые"), language));
    let most = item.limits.max_units;
    let most = most.map(|most| units(most, language.pick("on at most", "не более чем на"), language));
    let pick = item.limits.pick.and_then(|pick| match pick {
        Pick::Listed => None,
        Pick::Cheapest => Some(language.pick("on the cheapest", "на самые дешёвые").to_owned()),
        Pick::Dearest => Some(language.pick("on the dearest", "на самые дорогие").to_owned()),
    });
    [set, most, pick].into_iter().flatten().collect()
}

/// A quantity in thousandths, behind some words.
fn units(thousandths: i64, words: &str, language: Language) -> String {
    let unit = match language {
        Language::English if thousandths == Quantity::ONE.0 => "unit",
        Language::English => "units",
        Language::Russian => "шт.",
    };
    format!("{words} {} {unit}", format_trimmed(thousandths, 3))
}

fn money(plan: &Plan, sum: i64) -> String {
    format!("{} {}", format_scaled(sum, plan.currency.exponent), plan.currency.code)
}

fn points(plan: &Plan, points: i64, language: Language) -> String {
    format!("{} {}", format_trimmed(points, plan.points.exponent), language.pick("points", "баллов"))
}

/// Units of a set in thousandths, of a mechanic that counts sets.
fn set_units(plan: &Plan, offer: &Offer, item: &Item) -> Option<i64> {
    let parameters = &plan.mechanic(offer.mechanic)?.description.parameters;
    let mut own = item.extras.iter().filter_map(|(index, value)| {
        let parameter = parameters.get(usize::try_from(*index).ok()?)?;
        (parameter.place == ParameterPlace::Item && parameter.name == SET_UNITS).then_some(*value)
    });
    own.next()
}
