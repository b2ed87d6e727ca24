//! Rewards on the receipt as a whole.

use mechanic_sdk::{
    Benefit, Checks, Description, DescriptionBuilder, Fact, Mechanic, Method, Offer, Problem, Receipt,
    TargetKind, Verdict, rewards,
};

/// The mechanic.
#[derive(Debug)]
pub struct WholeReceipt;

impl Mechanic for WholeReceipt {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Receipt])
            .methods(Method::ALL.into_iter().filter(|method| *method != Method::UnitPrice));
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, _facts: &[Fact]) -> Verdict {
        offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item))
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        let mut checks = Checks::new(offer);
        checks.each_item(|item| match item.benefit {
            Benefit::UnitPrice(_) => Some((
                "method",
                "method_not_allowed",
                "one price for every unit of the receipt makes no sense; use `product`, `category` or `group`",
            )),
            Benefit::Percent(_)
            | Benefit::Amount(_)
            | Benefit::AmountPerUnit(_)
            | Benefit::AmountPerLine(_) => None,
        });
        checks.finish()
    }
}

mechanic_sdk::export!(WholeReceipt);

#[cfg(test)]
mod tests;
