//! Rewards on single categories.

use mechanic_sdk::{
    Description, DescriptionBuilder, Fact, Mechanic, Offer, Receipt, TargetKind, Verdict, rewards,
};

/// The mechanic.
#[derive(Debug)]
pub struct Category;

impl Mechanic for Category {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Category]);
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item))
    }
}

mechanic_sdk::export!(Category);

#[cfg(test)]
mod tests;
