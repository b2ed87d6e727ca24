//! What can be asked of an offer and its items.

use crate::{Declined, Extra, Item, Offer, Portions, Proposal, Receipt, Tally, Verdict};

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
    pub fn extra(&self, parameter: u32) -> Option<i64> {
        find(&self.extras, parameter)
    }

    /// The usual rule: every item whose conditions hold proposes its benefit.
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

fn find(extras: &[Extra], parameter: u32) -> Option<i64> {
    extras.iter().find(|extra| extra.parameter == parameter).map(|extra| extra.value)
}
