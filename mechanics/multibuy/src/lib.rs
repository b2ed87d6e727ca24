//! Rewards on sets of goods: n for the price of m, buy x get y, the cheapest of a set free.
//!
//! An item with `set_units` is a set of its own: of every three coffees, say, one is rewarded.
//! Otherwise the items with `get` are rewarded, so many of them for every set of the items without.

mod sets;

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, Item, Mechanic, Offer, Phase, Pick, Problem,
    Proposal, Receipt, TargetKind, Unit, Verdict, exact, fail, rewards,
};

mechanic_sdk::parameters! {
    /// Quantity that makes a set, in thousandths.
    const SET_UNITS: ItemParameter = ("set_units", Unit::Quantity, "Units that make a set");
    /// Quantity that is rewarded for each set, in thousandths; one unit if absent.
    const REWARD_UNITS: ItemParameter = ("reward_units", Unit::Quantity, "Units rewarded of, or for, a set");
    /// True for an item that is rewarded for sets of the others.
    const GET: ItemParameter = ("get", Unit::Boolean, "Rewarded for sets of the items without");
}

const DISCOUNT: u32 = rewards::FIRST_OWN;
const POINTS: u32 = rewards::FIRST_OWN + 1;

/// The mechanic.
#[derive(Debug)]
pub struct Multibuy;

impl Mechanic for Multibuy {
    fn describe() -> Description {
        DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Product, TargetKind::Category, TargetKind::Group, TargetKind::Receipt])
            .parameters(PARAMETERS)
            .reason(
                DISCOUNT,
                &[
                    ("en", "{value} off {units} of {target}"),
                    ("ru", "Скидка {value} на {units} шт.: {target}"),
                ],
            )
            .reason(
                POINTS,
                &[
                    ("en", "{value} in points for {units} of {target}"),
                    ("ru", "Баллы {value} за {units} шт.: {target}"),
                ],
            )
            .build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        if offer.items.iter().any(is_got) { buy_and_get(receipt, offer) } else { n_for_m(receipt, offer) }
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        let mut checks = Checks::new(offer);
        checks.each_item(set_problem);
        let gets = offer.items.iter().filter(|item| is_got(item)).count();
        if gets > 0 && gets == offer.items.len() {
            checks.problem(
                "/items",
                "missing_buy_item",
                "every item has `get`; add an item without it, to say what must be bought",
            );
        }
        if gets > 0 {
            checks.each_item(|item| {
                SET_UNITS.of(item).is_some().then_some((
                    "set_units",
                    "set_units_not_allowed",
                    "an offer with `get` items counts sets by `min_units`; use that, or a second offer",
                ))
            });
        } else {
            checks.each_item(|item| {
                SET_UNITS.of(item).is_none().then_some((
                    "",
                    "missing_set_units",
                    "the item says neither how large a set is (`set_units`), nor is it for `get` items",
                ))
            });
        }
        checks.finish()
    }
}

fn set_problem(item: &Item) -> Option<(&'static str, &'static str, &'static str)> {
    if SET_UNITS.of(item).is_some_and(|units| units <= 0) {
        return Some(("set_units", "not_positive", "a set needs at least some units"));
    }
    if REWARD_UNITS.of(item).is_some_and(|units| units <= 0) {
        return Some(("reward_units", "not_positive", "without rewarded units the item never pays"));
    }
    if SET_UNITS.of(item).is_some_and(|set| reward_units(item) > set) {
        return Some(("reward_units", "more_than_set", "more units are rewarded than there are in a set"));
    }
    if is_got(item) && item.min_units.is_some() {
        return Some(("min_units", "min_units_not_allowed", "put it on the items that must be bought"));
    }
    None
}

/// Every item is a set of its own.
fn n_for_m(receipt: &Receipt, offer: &Offer) -> Verdict {
    let mut proposals = Vec::new();
    let mut declined = Declined::NoMatchingLine;
    for (index, item) in offer.indexed_items() {
        let Some(set) = SET_UNITS.of(item).filter(|set| *set > 0) else {
            return fail("missing_set_units", "an item has neither `set_units` nor `get`");
        };
        let sets = item.check(receipt).map(|tally| exact::whole_sets(tally.units, set));
        match sets {
            Ok(sets) if sets > 0 => proposals.push(reward(receipt.phase, index, item, sets)),
            Ok(_) | Err(Declined::BelowThreshold) => declined = Declined::BelowThreshold,
            Err(_) => {}
        }
    }
    Verdict::of(proposals, declined)
}

/// The items without `get` make the sets, the others are rewarded.
fn buy_and_get(receipt: &Receipt, offer: &Offer) -> Verdict {
    let (gets, buys): (Vec<_>, Vec<_>) = offer.indexed_items().partition(|(_, item)| is_got(item));
    if buys.is_empty() {
        return fail("missing_buy_item", "every item has `get`, so nothing says what must be bought");
    }
    let sets = sets::complete(receipt, &buys, &gets);
    if sets == 0 {
        return Verdict::Declined(Declined::BelowThreshold);
    }
    let got = gets.into_iter().filter(|(_, item)| item.check(receipt).is_ok());
    let proposals = got.map(|(index, item)| reward(receipt.phase, index, item, sets)).collect();
    Verdict::of(proposals, Declined::NoMatchingLine)
}

/// The reward of one item for a number of sets: its cheapest units, unless the item says which.
fn reward(phase: Phase, index: u32, item: &Item, sets: i64) -> Proposal {
    let units = sets.saturating_mul(reward_units(item));
    let reason = match phase {
        Phase::Discount => DISCOUNT,
        Phase::Accrual => POINTS,
    };
    let pick = item.pick.or(Some(Pick::Cheapest));
    let max_units = Some(item.max_units.map_or(units, |most| units.min(most)));
    Proposal { max_units, pick, ..item.propose(index, reason) }
}

fn is_got(item: &Item) -> bool {
    GET.of(item).is_some_and(|get| get != 0)
}

fn reward_units(item: &Item) -> i64 {
    REWARD_UNITS.of(item).unwrap_or(exact::ONE_UNIT)
}

mechanic_sdk::export!(Multibuy);

#[cfg(test)]
mod tests;
