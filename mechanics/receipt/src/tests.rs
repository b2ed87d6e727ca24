use mechanic_sdk::testing::{from, offer, proposals, receipt, receipt_item, reference_receipt};
use mechanic_sdk::{Benefit, Declined, Item, Mechanic, Portions, Verdict};

use crate::WholeReceipt;

const FIVE_PERCENT: Benefit = Benefit::Percent(500);

#[test]
fn the_whole_receipt_is_rewarded() {
    let verdict =
        WholeReceipt::evaluate_offer(&reference_receipt(), &offer([receipt_item(FIVE_PERCENT)]), &[]);
    let proposed: Vec<_> = proposals(&verdict).iter().map(|p| (p.item, &p.portions, p.benefit)).collect();
    assert_eq!(proposed, [(Some(0), &Portions::ItemScope, FIVE_PERCENT)]);
}

#[test]
fn conditions_are_honoured() {
    let demanding = Item { threshold: from(182_145), ..receipt_item(FIVE_PERCENT) };
    for (receipt, expected) in
        [(reference_receipt(), Declined::BelowThreshold), (receipt([]), Declined::NoMatchingLine)]
    {
        let verdict = WholeReceipt::evaluate_offer(&receipt, &offer([demanding.clone()]), &[]);
        assert_eq!(verdict, Verdict::Declined(expected));
    }
}

#[test]
fn one_price_for_every_unit_is_refused() {
    let offer = offer([receipt_item(FIVE_PERCENT), receipt_item(Benefit::UnitPrice(100))]);
    let problems = WholeReceipt::validate("", &offer);
    let found: Vec<_> = problems.iter().map(|problem| (&*problem.pointer, &*problem.code)).collect();
    assert_eq!(found, [("/items/1/method", "method_not_allowed")]);
}
