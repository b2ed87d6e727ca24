//! Every n-th unit at a discount: "the fifth coffee is free". What the member bought before comes
//! with the member's attribute `stamps`.

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, FactValue, Item, Mechanic, Method, Offer, Phase,
    Pick, Problem, Proposal, Receipt, TargetKind, Unit, Verdict, exact, fail,
};

mechanic_sdk::parameters! {
    /// The discount goes to every unit with a multiple of this number.
    const EVERY: ItemParameter = ("every", Unit::Count, "Every which unit: 5 for every fifth");
}

mechanic_sdk::facts! {
    /// Number of units that the member bought before.
    const STAMPS: MemberFact = "stamps";
}

/// The reason given with a reward.
const NTH_UNIT: u32 = 1;

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
            .reason(NTH_UNIT, &[("en", "{value} off {units} × {target}"), ("ru", "{target} × {units}: −{value}")])
            .build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
        if !receipt.has_member {
            return Verdict::Declined(Declined::NotApplicable);
        }
        let Some(stamps) = stamps(facts) else {
            return fail("bad_stamps", "the member's attribute `stamps` is not a whole number from 0");
        };
        let proposals = offer.indexed_items().filter_map(|(index, item)| propose(receipt, index, item, stamps));
        Verdict::of(proposals.collect(), Declined::BelowThreshold)
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        let mut checks = Checks::new(offer);
        checks.each_item(|item| {
            (every(item) < 1).then_some(("every", "not_positive", "say which unit is free: 5 for every fifth"))
        });
        checks.finish()
    }
}

/// The units of this receipt that complete a row of `every`, counted on from what was bought before.
fn propose(receipt: &Receipt, index: u32, item: &Item, stamps: i64) -> Option<Proposal> {
    let every = every(item).max(1);
    let bought = item.check(receipt).ok()?.units / exact::ONE_UNIT;
    let free = stamps.saturating_add(bought) / every - stamps / every;
    let units = free.saturating_mul(exact::ONE_UNIT);
    (units > 0).then(|| Proposal {
        max_units: Some(item.max_units.map_or(units, |most| most.min(units))),
        pick: item.pick.or(Some(Pick::Cheapest)),
        ..item.propose(index, NTH_UNIT)
    })
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
