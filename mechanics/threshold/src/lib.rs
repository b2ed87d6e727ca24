//! Rewards in tiers: the highest tier reached applies to the whole base.

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, Item, Mechanic, Offer, Problem, Receipt,
    TargetKind, Verdict, rewards,
};

/// The mechanic.
#[derive(Debug)]
pub struct Threshold;

impl Mechanic for Threshold {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).targets([
            TargetKind::Receipt,
            TargetKind::Product,
            TargetKind::Category,
            TargetKind::Group,
        ]);
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        match tiers_to_pay(receipt, offer) {
            Ok(tiers) => Verdict::Proposals(
                tiers
                    .into_iter()
                    .map(|(index, item)| item.propose(index, rewards::reason(receipt.phase, item)))
                    .collect(),
            ),
            Err(declined) => Verdict::Declined(declined),
        }
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        let mut checks = Checks::new(offer);
        checks.each_item(|item| {
            let is_tier = item.threshold.is_some() || item.min_sum.is_some() || item.min_units.is_some();
            (!is_tier).then_some((
                "",
                "missing_tier",
                "the item has no sum to be reached; give it `from`, or use the mechanic `receipt`",
            ))
        });
        for (index, item) in offer.indexed_items() {
            if offer.indexed_items().any(|(other, earlier)| other < index && is_same_tier(earlier, item)) {
                checks.item_problem(
                    index,
                    "from",
                    "duplicate_tier",
                    "an earlier item has the same tier, so this one never pays; remove one of them",
                );
            }
        }
        checks.finish()
    }
}

/// The tier to pay for every target: the highest of those reached, the first of equals.
fn tiers_to_pay<'a>(receipt: &Receipt, offer: &'a Offer) -> Result<Vec<(u32, &'a Item)>, Declined> {
    let mut tiers: Vec<(u32, &Item)> = Vec::new();
    let mut declined = Declined::NoMatchingLine;
    for (index, item) in offer.indexed_items() {
        if let Err(reason) = item.check(receipt) {
            if reason != Declined::NoMatchingLine {
                declined = reason;
            }
            continue;
        }
        match tiers.iter_mut().find(|(_, best)| has_same_target(best, item)) {
            Some((_, best)) if height(best) >= height(item) => {}
            Some(best) => *best = (index, item),
            None => tiers.push((index, item)),
        }
    }
    if tiers.is_empty() { Err(declined) } else { Ok(tiers) }
}

/// An item without a threshold is the lowest tier.
fn height(item: &Item) -> (i64, bool) {
    item.threshold.map_or((0, false), |threshold| (threshold.sum, threshold.exclusive))
}

fn has_same_target(one: &Item, other: &Item) -> bool {
    (one.target_kind, one.target) == (other.target_kind, other.target)
}

fn is_same_tier(one: &Item, other: &Item) -> bool {
    has_same_target(one, other)
        && (one.threshold, one.min_sum, one.min_units) == (other.threshold, other.min_sum, other.min_units)
}

mechanic_sdk::export!(Threshold);

#[cfg(test)]
mod tests;
