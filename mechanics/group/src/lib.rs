//! Rewards on single product groups.

use mechanic_sdk::{
    Description, DescriptionBuilder, Fact, Mechanic, Offer, Receipt, TargetKind, Verdict, rewards,
};

/// The mechanic.
#[derive(Debug)]
pub struct Group;

impl Mechanic for Group {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Group]);
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item))
    }
}

mechanic_sdk::export!(Group);

#[cfg(test)]
mod tests;
