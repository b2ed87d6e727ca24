//! Rewards that a model chose for one member: items of every kind in one offer.
//!
//! An item's `border` is its least sum, `display_order` its order.

use mechanic_sdk::{
    Description, DescriptionBuilder, Fact, Mechanic, Offer, Receipt, TargetKind, Verdict, rewards,
};

/// The mechanic.
#[derive(Debug)]
pub struct Ml;

impl Mechanic for Ml {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Product, TargetKind::Category, TargetKind::Group, TargetKind::Receipt])
            .alias("border", "min_sum")
            .alias("display_order", "order");
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item))
    }
}

mechanic_sdk::export!(Ml);

#[cfg(test)]
mod tests;
