use mechanic_sdk::testing::{item, offer, proposals, reference_receipt};
use mechanic_sdk::{Benefit, Declined, Item, Mechanic, Phase, Pick, Receipt, TargetKind, Verdict};

use crate::Product;

const BENEFIT: Benefit = Benefit::Percent(1500);

fn product(lines: &[u32]) -> Item {
    Item { target_kind: TargetKind::Product, ..item(BENEFIT, lines.iter().copied()) }
}

#[test]
fn every_product_on_the_receipt_is_proposed_with_its_limits() {
    let limited = Item { max_units: Some(1000), pick: Some(Pick::Dearest), ..product(&[3]) };
    for phase in [Phase::Discount, Phase::Accrual] {
        let receipt = Receipt { phase, ..reference_receipt() };
        let verdict =
            Product::evaluate_offer(&receipt, &offer([product(&[0]), product(&[]), limited.clone()]), &[]);
        let proposed: Vec<_> = proposals(&verdict).iter().map(|p| (p.item, p.max_units, p.pick)).collect();
        assert_eq!(proposed, [(Some(0), None, None), (Some(2), Some(1000), Some(Pick::Dearest))]);
    }
}

#[test]
fn declining_says_why() {
    for (items, expected) in [
        (vec![product(&[])], Declined::NoMatchingLine),
        (vec![product(&[]), Item { min_units: Some(3000), ..product(&[0]) }], Declined::BelowThreshold),
    ] {
        let verdict = Product::evaluate_offer(&reference_receipt(), &offer(items), &[]);
        assert_eq!(verdict, Verdict::Declined(expected));
    }
}
