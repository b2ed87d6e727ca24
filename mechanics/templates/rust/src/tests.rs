use mechanic_sdk::testing::{item, offer, proposals, reference_receipt};
use mechanic_sdk::{Benefit, Fact, FactValue, Item, Mechanic, Receipt, Verdict};

use crate::{EVERY, NO_CARD, REFILL, Rule, STAMPS, TOO_FEW};

fn of_member() -> Receipt {
    Receipt { has_member: true, ..reference_receipt() }
}

/// Every fifth unit of the milk, of which there are three packs on the receipt.
fn fifth() -> Item {
    Item { extras: vec![EVERY.with(5)], ..item(Benefit::Percent(10_000), [3]) }
}

fn stamps(stamps: i64) -> [Fact; 1] {
    [STAMPS.with(FactValue::Number(stamps))]
}

#[test]
fn units_are_counted_on_from_what_was_bought_before() {
    for (before, free) in [(0, None), (1, None), (2, Some(1000)), (4, Some(1000)), (5, None)] {
        let verdict = Rule::evaluate_offer(&of_member(), &offer([fifth()]), &stamps(before));
        let units = proposals(&verdict).first().and_then(|proposal| proposal.max_units);
        assert_eq!(units, free, "{before} bought before");
    }
}

#[test]
fn nobody_collects_nothing() {
    let receipt = Receipt { has_member: false, ..of_member() };
    let verdict = Rule::evaluate_offer(&receipt, &offer([fifth()]), &[]);
    assert_eq!(verdict, NO_CARD.verdict(&[]));
}

#[test]
fn the_customer_is_told_how_many_are_missing() {
    let verdict = Rule::evaluate_offer(&of_member(), &offer([fifth()]), &stamps(1));
    assert_eq!(verdict, TOO_FEW.about(0, &[1]));
}

#[test]
fn a_refill_counts_for_nothing() {
    let [stamps] = stamps(4);
    let facts = [stamps, REFILL.with(3, FactValue::Text("true".to_owned()))];
    let verdict = Rule::evaluate_offer(&of_member(), &offer([fifth()]), &facts);
    assert!(matches!(verdict, Verdict::Declined(_)), "{verdict:?}");
}

#[test]
fn a_counter_that_is_none_costs_this_offer_only() {
    let verdict = Rule::evaluate_offer(&of_member(), &offer([fifth()]), &stamps(-1));
    assert!(matches!(verdict, Verdict::Failed(failure) if failure.code == "bad_stamps"));
}
