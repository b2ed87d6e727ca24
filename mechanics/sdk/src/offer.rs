//! Conditions of items, and proposals from them.

use crate::parameter::find;
use crate::{Declined, Item, Offer, Portions, Proposal, Receipt, Tally, Verdict};

impl Item {
    /// Checks the item's conditions on its own lines: its tier, least sum and least quantity.
    pub fn check(&self, receipt: &Receipt) -> Result<Tally, Declined> {
        if receipt.is_absent(&self.scope) {
            return Err(Declined::NoMatchingLine);
        }
        let tally = receipt.tally(&self.scope);
        if self.allows(tally) { Ok(tally) } else { Err(Declined::BelowThreshold) }
    }

    /// Proposes the item's benefit for its own lines, within its limits.
    pub fn propose(&self, index: u32, reason: u32) -> Proposal {
        Proposal {
            item: Some(index),
            portions: Portions::ItemScope,
            benefit: self.benefit,
            max_units: self.max_units,
            unit_multiple: self.unit_multiple,
            pick: self.pick,
            cap: self.cap,
            reason,
        }
    }

    /// A parameter of the mechanic's own in this item, by its index in the description.
    #[deprecated(note = "declare parameters with `parameters!`, and read them by `ItemParameter::of`")]
    pub fn extra(&self, parameter: u32) -> Option<i64> {
        find(&self.extras, parameter)
    }

    fn allows(&self, tally: Tally) -> bool {
        let reached = self.threshold.is_none_or(|threshold| {
            if threshold.exclusive { tally.sum > threshold.sum } else { tally.sum >= threshold.sum }
        });
        reached
            && self.min_units.is_none_or(|units| tally.units >= units)
            && self.min_sum.is_none_or(|sum| tally.sum >= sum)
    }
}

impl Offer {
    /// The items with their indexes, as proposals name them.
    pub fn indexed_items(&self) -> impl Iterator<Item = (u32, &Item)> {
        (0..).zip(&self.items)
    }

    /// A parameter of the mechanic's own beside the items, by its index in the description.
    #[deprecated(note = "declare parameters with `parameters!`, and read them by `OfferParameter::of`")]
    pub fn extra(&self, parameter: u32) -> Option<i64> {
        find(&self.extras, parameter)
    }

    /// The usual rule: every item whose conditions hold proposes its benefit, for the reason that
    /// `reason` gives.
    pub fn reward_each(&self, receipt: &Receipt, reason: impl Fn(&Item) -> u32) -> Verdict {
        let mut proposals = Vec::new();
        let mut declined = Declined::NoMatchingLine;
        for (index, item) in self.indexed_items() {
            match item.check(receipt) {
                Ok(_) => proposals.push(item.propose(index, reason(item))),
                Err(Declined::NoMatchingLine) => {}
                Err(other) => declined = other,
            }
        }
        Verdict::of(proposals, declined)
    }
}

impl Verdict {
    /// The proposals; if there are none, the reason for that.
    pub fn of(proposals: Vec<Proposal>, otherwise: Declined) -> Self {
        if proposals.is_empty() { Self::Declined(otherwise) } else { Self::Proposals(proposals) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{above, from, item, offer, paying_items, receipt, reference_receipt};
    use crate::{Benefit, Pick};

    const TEN_PERCENT: Benefit = Benefit::Percent(1000);

    #[test]
    fn conditions_look_at_the_items_own_lines() {
        let coffee = || item(TEN_PERCENT, [0]);
        for (item, holds) in [
            (coffee(), true),
            (Item { min_units: Some(2000), ..coffee() }, true),
            (Item { min_units: Some(2001), ..coffee() }, false),
            (Item { min_sum: Some(69_980), ..coffee() }, true),
            (Item { min_sum: Some(69_981), ..coffee() }, false),
            (Item { threshold: from(69_980), ..coffee() }, true),
            (Item { threshold: above(69_980), ..coffee() }, false),
            (Item { threshold: above(69_979), ..coffee() }, true),
            (Item { threshold: from(1), min_sum: Some(69_981), ..coffee() }, false),
        ] {
            let expected = if holds { Ok(2000) } else { Err(Declined::BelowThreshold) };
            assert_eq!(item.check(&reference_receipt()).map(|tally| tally.units), expected, "{item:?}");
        }
    }

    #[test]
    fn a_proposal_keeps_the_items_limits() {
        let limited = Item {
            max_units: Some(3000),
            unit_multiple: Some(2000),
            pick: Some(Pick::Dearest),
            cap: Some(100),
            ..item(TEN_PERCENT, [0])
        };
        let expected = Proposal {
            item: Some(4),
            portions: Portions::ItemScope,
            benefit: TEN_PERCENT,
            max_units: Some(3000),
            unit_multiple: Some(2000),
            pick: Some(Pick::Dearest),
            cap: Some(100),
            reason: 9,
        };
        assert_eq!(limited.propose(4, 9), expected);
    }

    #[test]
    fn every_item_that_holds_is_rewarded() {
        let too_little = Item { min_units: Some(9000), ..item(TEN_PERCENT, [3]) };
        let offer =
            offer([item(TEN_PERCENT, []), item(TEN_PERCENT, [0]), too_little, item(TEN_PERCENT, [1])]);
        let verdict = offer.reward_each(&reference_receipt(), |_| 1);
        assert_eq!(paying_items(&verdict), [Some(1), Some(3)]);
    }

    #[test]
    fn declining_says_why() {
        let absent = || item(TEN_PERCENT, []);
        let too_little = || Item { min_units: Some(9000), ..item(TEN_PERCENT, [3]) };
        for (items, expected) in [
            (vec![], Declined::NoMatchingLine),
            (vec![absent()], Declined::NoMatchingLine),
            (vec![too_little(), absent()], Declined::BelowThreshold),
        ] {
            let verdict = offer(items).reward_each(&reference_receipt(), |_| 1);
            assert_eq!(verdict, Verdict::Declined(expected));
        }
        assert_eq!(absent().check(&receipt([])), Err(Declined::NoMatchingLine));
    }
}
