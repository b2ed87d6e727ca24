//! Receipts and offers for native tests of mechanics.
//!
//! Everything is a plain value, to be changed where a test needs it:
//! `Item { min_sum: Some(50_000), ..item(Benefit::Percent(1500), [0]) }`.

#[cfg(feature = "contract-1-1")]
use crate::UnitKind;
use crate::{
    Benefit, Extra, Item, Line, LocalTime, Offer, Phase, Proposal, Receipt, Scope, TargetKind, Threshold,
    Verdict,
};

/// A line that counts and may be rewarded, of a product with the number of the position.
pub fn line(position: u32, quantity: i64, price: i64, amount: i64) -> Line {
    Line {
        position,
        product: position,
        category: 0,
        quantity,
        price,
        gross: amount,
        amount,
        net: amount,
        cash: amount,
        rewardable: true,
        counts: true,
        #[cfg(feature = "contract-1-1")]
        unit_kind: UnitKind::Piece,
    }
}

/// A receipt in the discount phase, with two digits after the point of money and points.
pub fn receipt(lines: impl IntoIterator<Item = Line>) -> Receipt {
    Receipt {
        phase: Phase::Discount,
        money_exponent: 2,
        points_exponent: 2,
        time: LocalTime { year: 2026, month: 11, day: 22, weekday: 7, hour: 10, minute: 15, second: 0 },
        has_member: false,
        lines: lines.into_iter().collect(),
    }
}

/// The reference receipt: coffee, cheese by weight, vodka that gets no discount, milk.
pub fn reference_receipt() -> Receipt {
    receipt([
        line(1, 2000, 34_990, 69_980),
        Line {
            #[cfg(feature = "contract-1-1")]
            unit_kind: UnitKind::Measure,
            ..line(2, 478, 94_700, 45_267)
        },
        Line { rewardable: false, ..line(3, 1000, 39_900, 39_900) },
        line(4, 3000, 8999, 26_997),
    ])
}

/// An item for a group of goods: those at the indexes of the receipt's lines.
pub fn item(benefit: Benefit, lines: impl IntoIterator<Item = u32>) -> Item {
    Item {
        target_kind: TargetKind::Group,
        target: 1,
        scope: Scope::Lines(lines.into_iter().collect()),
        reward: Phase::Discount,
        benefit,
        threshold: None,
        min_units: None,
        min_sum: None,
        max_units: None,
        unit_multiple: None,
        pick: None,
        cap: None,
        extras: Vec::new(),
    }
}

/// An item for the receipt as a whole.
pub fn receipt_item(benefit: Benefit) -> Item {
    Item { target_kind: TargetKind::Receipt, target: 0, scope: Scope::WholeReceipt, ..item(benefit, []) }
}

/// A tier that is reached from a sum on.
pub fn from(sum: i64) -> Option<Threshold> {
    Some(Threshold { sum, exclusive: false })
}

/// A tier that is reached above a sum.
pub fn above(sum: i64) -> Option<Threshold> {
    Some(Threshold { sum, exclusive: true })
}

/// Own parameters by index in the description, and value.
pub fn extras(values: impl IntoIterator<Item = (u32, i64)>) -> Vec<Extra> {
    values.into_iter().map(|(parameter, value)| Extra { parameter, value }).collect()
}

/// An offer of some items.
pub fn offer(items: impl IntoIterator<Item = Item>) -> Offer {
    Offer { id: 1, items: items.into_iter().collect(), extras: Vec::new(), params: None }
}

/// The proposals of a verdict; none if it is of another kind.
pub fn proposals(verdict: &Verdict) -> &[Proposal] {
    match verdict {
        Verdict::Proposals(proposals) => proposals,
        _ => &[],
    }
}

/// The indexes of the items that a verdict's proposals come from.
pub fn paying_items(verdict: &Verdict) -> Vec<Option<u32>> {
    proposals(verdict).iter().map(|proposal| proposal.item).collect()
}
