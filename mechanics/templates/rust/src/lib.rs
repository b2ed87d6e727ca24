//! Every n-th unit at a discount: "the fifth coffee is free". What the member bought before comes
//! with the member's attribute `stamps`; a line that the till marks as a refill counts for nothing.

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, FactValue, Item, Mechanic, Method, Offer,
    OwnReason, Phase, Pick, Portion, Portions, Problem, Proposal, Receipt, Scope, TargetKind, Unit, Verdict,
    exact, fail,
};

mechanic_sdk::parameters! {
    /// The discount goes to every unit with a multiple of this number.
    const EVERY: ItemParameter = ("every", Unit::Count, "Every which unit: 5 for every fifth");
}

mechanic_sdk::facts! {
    /// Number of units that the member bought before.
    const STAMPS: MemberFact = "stamps";
    /// True for a line that is a refill.
    const REFILL: LineFact = "refill";
}

/// The reason given with a reward.
const NTH_UNIT: u32 = 1;

/// Reasons for declining.
const NO_CARD: OwnReason = OwnReason::new(1, "no_card", Declined::NotApplicable, &[]);
const TOO_FEW: OwnReason =
    OwnReason::new(2, "too_few_stamps", Declined::BelowThreshold, &[("missing", Unit::Count)]);

/// The mechanic.
#[derive(Debug)]
pub struct Rule;

impl Mechanic for Rule {
    fn describe() -> Description {
        DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .phases([Phase::Discount])
            .targets([TargetKind::Product, TargetKind::Category, TargetKind::Group])
            .methods([Method::Percent])
            .parameters(PARAMETERS)
            .facts(FACTS)
            .reason(
                NTH_UNIT,
                &[("en", "{value} off {units} × {target}"), ("ru", "{target} × {units}: −{value}")],
            )
            .decline_reason(NO_CARD, &[("en", "only with a card"), ("ru", "только с картой")])
            .decline_reason(
                TOO_FEW,
                &[
                    ("en", "{missing} more to the next free {target}"),
                    ("ru", "ещё {missing} × {target} до бесплатного"),
                ],
            )
            .build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
        if !receipt.has_member {
            return NO_CARD.verdict(&[]);
        }
        let Some(stamps) = stamps(facts) else {
            return fail("bad_stamps", "the member's attribute `stamps` is not a whole number from 0");
        };
        let refills = refills(facts);
        let (mut proposals, mut nearest) = (Vec::new(), None);
        for (index, item) in offer.indexed_items() {
            match propose(receipt, index, item, stamps, &refills) {
                Ok(proposal) => proposals.push(proposal),
                Err(missing) => nearest = nearest.or(missing.map(|missing| (index, missing))),
            }
        }
        match nearest {
            Some((item, missing)) if proposals.is_empty() => TOO_FEW.about(item, &[missing]),
            _ => Verdict::of(proposals, Declined::BelowThreshold),
        }
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        let mut checks = Checks::new(offer);
        checks.each_item(|item| {
            (every(item) < 1).then_some((
                "every",
                "not_positive",
                "say which unit is free: 5 for every fifth",
            ))
        });
        checks.finish()
    }
}

/// The units of this receipt that complete a row of `every`, counted on from what was bought before. If there are none,
/// how many units are missing, unless something else is.
fn propose(
    receipt: &Receipt,
    index: u32,
    item: &Item,
    stamps: i64,
    refills: &[u32],
) -> Result<Proposal, Option<i64>> {
    let lines = receipt.lines_of(&item.scope).map(|(line, _)| line);
    let lines: Vec<u32> = lines.filter(|line| refills.binary_search(line).is_err()).collect();
    let portions = lines.iter().map(|&line| Portion { line, quantity: None }).collect();
    let own = Item { scope: Scope::Lines(lines), ..item.clone() };
    let bought = own.check(receipt).map_err(|_| None::<i64>)?.units / exact::ONE_UNIT;
    let (every, collected) = (every(item).max(1), stamps.saturating_add(bought));
    let free = collected / every - stamps / every;
    if free <= 0 {
        return Err(Some(every - collected % every));
    }
    let units = free.saturating_mul(exact::ONE_UNIT);
    Ok(Proposal {
        portions: Portions::Listed(portions),
        max_units: Some(item.max_units.map_or(units, |most| most.min(units))),
        pick: item.pick.or(Some(Pick::Cheapest)),
        ..item.propose(index, NTH_UNIT)
    })
}

/// The indexes of the lines that are refills, ascending.
fn refills(facts: &[Fact]) -> Vec<u32> {
    let is_refill = |value: &FactValue| matches!(value, FactValue::Text(text) if text == "true");
    REFILL.all(facts).filter(|(_, value)| is_refill(value)).map(|(line, _)| line).collect()
}

fn every(item: &Item) -> i64 {
    EVERY.of(item).unwrap_or(0)
}

/// Number of units that the member bought before: 0 without the attribute, nothing if it is no such number.
fn stamps(facts: &[Fact]) -> Option<i64> {
    match STAMPS.of(facts) {
        None => Some(0),
        Some(FactValue::Number(stamps)) if *stamps >= 0 => Some(*stamps),
        Some(_) => None,
    }
}

mechanic_sdk::export!(Rule);

#[cfg(test)]
mod tests;
